import { type Command, Option } from 'commander'
import { runCheck } from '../../core/check-run.ts'
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
    .addOption(jobsOption())
    .addOption(jsonOption())
    .action(async (options: CheckCommandOptions) => finish(await check(options)))
  addConfigOptions(command)
}

async function check(options: CheckCommandOptions): Promise<number> {
  const { connectArchive } = await import('./connect.ts')
  const { archive, settings } = connectArchive(options)
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
      const run = { depth, rebuild, repair, volumes, jobs, signal, ...total } as const
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
