import { type Command, Option } from 'commander'
import { countAdoptable, planAdoptions, runAdoption } from '../../core/adopt-run.ts'
import { collectForeign, countCollected, tellAdoptions } from './adopt-text.ts'
import { readCustomerKey } from './customer-key.ts'
import { addConfigOptions, type ConfigOptions, type Finish, jobsOption, jsonOption } from './options.ts'
import { addPredecessorOptions, type PredecessorOptions } from './predecessor-options.ts'
import { tellRun } from './tell-run.ts'

interface AdoptCommandOptions extends ConfigOptions, PredecessorOptions {
  dryRun?: true
  verify?: true
  json?: true
  jobs: number
}

export function addAdopt(program: Command, finish: Finish): void {
  const command = program
    .command('adopt')
    .description('take over the bucket that collective.s3blobs or zodb-s3blobs has filled; it is only read')
  addPredecessorOptions(command)
    .option('-n, --dry-run', 'only tell what would be done')
    .addOption(
      new Option(
        '--verify',
        'also read and hash what was adopted before, instead of comparing sizes',
      ).conflicts('dryRun'),
    )
    .addOption(jobsOption())
    .addOption(jsonOption())
    .action(async (options: AdoptCommandOptions) => finish(await adopt(options)))
  addConfigOptions(command)
}

async function adopt(options: AdoptCommandOptions): Promise<number> {
  const { form, prefix, jobs, json = false, verify = false, sseCustomerKey: file } = options
  const customerKey = file === undefined ? undefined : await readCustomerKey(file)
  const { connectAdopt } = await import('./connect-adopt.ts')
  const adopt = connectAdopt(options, customerKey)
  const naming = { form, prefix }
  if (options.dryRun) return tellAdoptions(foreign => planAdoptions(adopt, naming, foreign), json)

  const foreigners = collectForeign()
  const collected = countCollected()
  try {
    return await tellRun('adopting', json, (events, signal) => {
      const foreign: typeof events.foreign = (...told) => {
        events.foreign(...told)
        if (!json) foreigners.add(...told)
      }
      const total = json ? {} : { total: countAdoptable(adopt.predecessor, naming, signal) }
      const blobs = planAdoptions(adopt, naming, foreign)
      const run = { jobs, verify, signal, ...total }
      return runAdoption(adopt, blobs, run, { ...events, blob: collected.counting(events.blob) })
    })
  } finally {
    for (const line of foreigners.lines()) console.log(line)
    if (!json) collected.tell()
  }
}
