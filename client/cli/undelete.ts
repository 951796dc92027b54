import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { parseMoment } from '../../core/model/moment.ts'
import { parseRef, type Ref } from '../../core/model/ref.ts'
import type { ReportIndex } from '../../core/ports.ts'
import { requireManifest, requireReport } from '../../core/require-report.ts'
import type { Undelete } from '../../core/undelete.ts'
import {
  type Chosen,
  chooseGarbage,
  chooseLiving,
  chooseNamed,
  runUndelete,
} from '../../core/undelete-run.ts'
import { addConfigOptions, type ConfigOptions, type Finish, jobsOption, jsonOption } from './options.ts'
import { tellRun } from './tell-run.ts'
import { collectUndeleted, tellPlans, undeletedAsJson } from './undelete-text.ts'

interface Choice {
  report?: string
  /** Milliseconds since 1970. */
  since?: number
  live?: string
}

interface UndeleteCommandOptions extends ConfigOptions, Choice {
  dryRun?: true
  json?: true
  jobs: number
}

export function addUndelete(program: Command, finish: Finish): void {
  const command = program
    .command('undelete')
    .description('bring back what was condemned or swept: single blobs, or all of a report or a time')
    .argument('[refs...]', 'oid/tid of single blobs')
    .option('--report <id>', 'whatever this live report condemned')
    .option(
      '--since <time>',
      'whatever was condemned or swept since: a day, or how long ago (3d)',
      readMoment,
    )
    .option('--live <id>', 'whatever this live report names, as after a restore')
    .option('-n, --dry-run', 'only tell what would be done, and until when it can be')
    .addOption(jobsOption())
    .addOption(jsonOption())
    .action(async (refs: string[], options: UndeleteCommandOptions) => finish(await undelete(refs, options)))
  addConfigOptions(command)
}

function readMoment(text: string): number {
  const moment = parseMoment(text, Date.now())
  if (moment !== undefined) return moment
  throw new InvalidArgumentError('Expected a time, such as 2026-11-25, 2026-11-25T13:55 (UTC) or 3d.')
}

async function undelete(texts: readonly string[], options: UndeleteCommandOptions): Promise<number> {
  const refs = texts.map(parseRef)
  requireOneWay(refs, options)
  const { connectUndelete } = await import('./connect-garbage.ts')
  const { undelete, reports } = connectUndelete(options)
  const { jobs, json = false } = options
  const scratch = await mkdtemp(join(tmpdir(), 'nice-blobs-'))
  const collected = collectUndeleted()
  try {
    const chosen = await choose(undelete, reports, scratch, refs, options)
    if (options.dryRun) return await tellPlans(undelete, chosen, json)
    return await tellRun('undeleting', json, (events, signal) => {
      const undeleted = json ? undeletedAsJson : collected.add
      return runUndelete(undelete, chosen, { jobs, signal }, { ...events, undeleted })
    })
  } finally {
    for (const line of collected.lines()) console.log(line)
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Two ways together could mean what both choose or what either does. */
function requireOneWay(refs: readonly Ref[], { report, since, live }: Choice): void {
  const ways = [refs.length > 0, report !== undefined, since !== undefined, live !== undefined]
  if (ways.filter(Boolean).length === 1) return
  throw new NiceBlobsError('USAGE_WRONG', 'say one of: refs, --report, --since, --live', {
    subject: 'undelete',
    hint: 'nice-blobs undelete --help',
  })
}

/** Throws for a report that nobody knows, before anything is told of what is to be undeleted. */
async function choose(
  undelete: Undelete,
  reports: ReportIndex,
  scratch: string,
  refs: readonly Ref[],
  { report, since = 0, live }: Choice,
): Promise<AsyncIterable<Chosen>> {
  const { bucket, database } = undelete
  if (refs.length > 0) return chooseNamed(undelete, refs)
  if (live !== undefined)
    return chooseLiving(undelete, await requireManifest(bucket, database, live), scratch)
  if (report === undefined)
    return chooseGarbage(undelete, row => Math.max(row.condemnedAt ?? 0, row.sweptAt ?? 0) >= since)
  await requireReport(reports, database, report)
  return chooseGarbage(undelete, row => row.condemnedBy === report)
}
