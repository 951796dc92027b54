import type { Command } from 'commander'
import { Option } from 'commander'
import { countAdoptable, planAdoptions, runAdoption } from '../../core/adopt-run.ts'
import { FORMS, type Form, prefixOf } from '../../core/model/predecessor-key.ts'
import { collectForeign, tellAdoptions } from './adopt-text.ts'
import { readCustomerKey } from './customer-key.ts'
import {
  addConfigOptions,
  type ConfigOptions,
  type Finish,
  jobsOption,
  jsonOption,
  readEndpoint,
} from './options.ts'
import { tellRun } from './tell-run.ts'

export interface PredecessorOptions {
  from: string
  fromEndpoint?: string
  fromRegion?: string
  fromProfile?: string
  sseCustomerKey?: string
}

interface AdoptCommandOptions extends ConfigOptions, PredecessorOptions {
  form: Form
  prefix: string
  dryRun?: true
  json?: true
  jobs: number
}

export function addAdopt(program: Command, finish: Finish): void {
  const command = program
    .command('adopt')
    .description('take over the bucket that collective.s3blobs or zodb-s3blobs has filled; it is only read')
    .requiredOption('--from <bucket>', 'the bucket to take over')
    .addOption(new Option('--form <name>', 'how its keys name blobs').choices(FORMS).makeOptionMandatory())
    .option('--prefix <prefix>', 'what all its keys begin with', prefixOf, '')
    .option('--from-endpoint <url>', 'its server, where it is another than ours', readEndpoint)
    .option('--from-region <region>', 'its region, where it is another than ours')
    .option('--from-profile <name>', 'of the shared files of AWS, where it needs other credentials than ours')
    .option('--sse-customer-key <file>', 'with the key that it is encrypted with: 32 bytes, in base64')
    .option('-n, --dry-run', 'only tell what would be done')
    .addOption(jobsOption())
    .addOption(jsonOption())
    .action(async (options: AdoptCommandOptions) => finish(await adopt(options)))
  addConfigOptions(command)
}

async function adopt(options: AdoptCommandOptions): Promise<number> {
  const { form, prefix, jobs, json = false, sseCustomerKey: file } = options
  const customerKey = file === undefined ? undefined : await readCustomerKey(file)
  const { connectAdopt } = await import('./connect-adopt.ts')
  const adopt = connectAdopt(options, customerKey)
  const naming = { form, prefix }
  if (options.dryRun) return tellAdoptions(foreign => planAdoptions(adopt, naming, foreign), json)

  const collected = collectForeign()
  try {
    return await tellRun('adopting', json, (events, signal) => {
      const foreign: typeof events.foreign = (...told) => {
        events.foreign(...told)
        if (!json) collected.add(...told)
      }
      const total = json ? {} : { total: countAdoptable(adopt.predecessor, naming, signal) }
      const blobs = planAdoptions(adopt, naming, foreign)
      return runAdoption(adopt, blobs, { jobs, signal, ...total }, events)
    })
  } finally {
    for (const line of collected.lines()) console.log(line)
  }
}
