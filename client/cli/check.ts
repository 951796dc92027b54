import { type Command, Option } from 'commander'
import type { Archive } from '../../core/archive.ts'
import { type CheckOptions, runCheck } from '../../core/check-run.ts'
import type { DatabaseConfig } from '../../core/model/config.ts'
import { type Difference, REPAIRABLE, type Repairable } from '../../core/model/difference.ts'
import { countBlobs } from '../../core/recall-run.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { collectDifferences } from './differences.ts'
import { addConfigOptions, type ConfigOptions, type Finish, jobsOption, jsonOption } from './options.ts'
import { tellRun } from './tell-run.ts'

interface CheckCommandOptions extends ConfigOptions {
  deep?: true
  repair?: Repairable[]
  rebuild?: true
  inventory?: string
  json?: true
  jobs: number
}

export function addCheck(program: Command, finish: Finish): void {
  const command = program
    .command('check')
    .description('hold the index against the bucket; changes nothing unless told to repair or rebuild')
    .option('--deep', 'read every object and compare its bytes')
    .addOption(new Option('--repair <class...>', 'mend the differences of this class').choices(REPAIRABLE))
    .addOption(new Option('--rebuild', 'write the missing rows from the objects’ metadata').conflicts('deep'))
    .addOption(
      new Option(
        '--inventory <bucket/prefix>',
        'take the bucket’s daily inventory for its listing; what differs is looked at anew',
      ).conflicts('rebuild'),
    )
    .addOption(jobsOption())
    .addOption(jsonOption())
    .action(async (options: CheckCommandOptions) => finish(await check(options)))
  addConfigOptions(command)
}

async function check(options: CheckCommandOptions): Promise<number> {
  const { connectArchive } = await import('./connect.ts')
  const { archive, settings, config } = connectArchive(options)
  if (options.inventory === undefined) return compareAll(archive, settings, options)
  const { openInventory } = await import('./check-inventory.ts')
  const opened = await openInventory(archive, config, options.inventory)
  try {
    if (!options.json) console.log(`inventory of ${new Date(opened.inventory.madeAt).toISOString()}`)
    return await compareAll(opened.archive, settings, options, opened.isForgotten)
  } finally {
    opened.inventory.close()
  }
}

async function compareAll(
  archive: Archive,
  settings: DatabaseConfig,
  options: CheckCommandOptions,
  isForgotten?: CheckOptions['isForgotten'],
): Promise<number> {
  const { jobs, json = false, deep = false, rebuild = false } = options
  const repair = new Set(options.repair)
  const depth = deep ? 'bytes' : rebuild || repair.has('reversioned') ? 'head' : 'list'
  const volumes = repair.has('lost') ? volumesOf(settings) : []
  const differences = collectDifferences()
  try {
    const status = await tellRun('checking', json, (events, signal) => {
      const total = depth === 'list' || json ? {} : { total: countBlobs(archive, signal) }
      const differs = (difference: Difference) => {
        differences.add(difference)
        events.differs(difference)
      }
      const more = isForgotten ? { ...total, isForgotten } : total
      const run = { depth, rebuild, repair, volumes, jobs, signal, ...more } as const
      return runCheck(archive, run, { ...events, differs })
    })
    return Math.max(status, differences.status())
  } finally {
    if (!json) for (const line of differences.lines()) console.log(line)
  }
}

function volumesOf({ volumes }: DatabaseConfig) {
  return Object.values(volumes).map(openVolume)
}
