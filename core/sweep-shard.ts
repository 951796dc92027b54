import { inParallel } from './in-parallel.ts'
import { count } from './model/archive-policy.ts'
import type { BlobRow } from './model/blob-row.ts'
import { BlobUnavailable } from './model/errors.ts'
import { judgeSweep, type SweepVerdict } from './model/gc-rules.ts'
import { formatRef, type Ref } from './model/ref.ts'
import type { ReportRow } from './model/report-row.ts'
import type { DatabaseSweep } from './model/sweep-report.ts'
import type { BlobVersions, ReportIndex } from './ports.ts'
import { type SweepOutcome, type SweepPorts, sweepBlob, takeUp } from './sweep-blob.ts'

/** Blobs at a time. */
const JOBS = 32

interface SweepRun {
  /** Of the database, as it is deployed. */
  readonly generation: string
  /** Milliseconds. */
  readonly grace: number
  /** How many blobs are begun at the most. */
  readonly budget: number
  /** Only tells; changes nothing. */
  readonly dryRun: boolean
  /** From then on nothing is begun: milliseconds since 1970. */
  readonly deadline: number
  /** Another one in each run, so that none is always the last. */
  readonly firstShard: number
  /** A directory for the parts of reports. */
  readonly scratch: string
}

/** One database, what its run may do, and what it has done so far. */
export interface Sweeping {
  readonly ports: SweepPorts & { readonly reports: ReportIndex }
  readonly run: SweepRun
  readonly sweep: DatabaseSweep
}

interface ShardReport {
  readonly latest: ReportRow
  readonly named: { has(ref: Ref): boolean }
}

/** Sweeps what is due of one shard, and takes up what is left of earlier runs; without a report that is all. */
export async function sweepShard(sweeping: Sweeping, shard: number, report?: ShardReport): Promise<void> {
  const { sweep } = sweeping
  const ports = { ...sweeping.ports, versions: watchMarks(sweeping) }
  await inParallel(chooseRows(sweeping, shard, report), JOBS, async ({ row, due }) => {
    const outcome = row.state === 'sweeping' ? await takeUp(ports, row, due) : await sweepBlob(ports, row)
    note(sweep, row, outcome)
  })
}

/** A marker that was asked for, and not answered, may still be placed in a while. */
function watchMarks({ ports: { versions }, sweep }: Sweeping): BlobVersions {
  const mark = (key: string) =>
    versions.mark(key).catch((error: unknown) => {
      if (error instanceof BlobUnavailable) sweep.uncertain = true
      throw error
    })
  return { ...versions, mark }
}

/** The report is asked about every row, in their order; after an oddity all are counted, and none is begun. */
async function* chooseRows(
  sweeping: Sweeping,
  shard: number,
  report: ShardReport | undefined,
): AsyncGenerator<{ row: BlobRow; due: boolean }> {
  const { ports, run, sweep } = sweeping
  for await (const row of ports.index.listShard(ports.database, shard, 'garbage')) {
    if (isLate(sweeping)) return
    const due = report !== undefined && judge(sweeping, row, report) === 'due'
    if (row.state === 'condemned' && row.condemnedIn === run.generation) sweep.awaiting += 1
    if (run.dryRun || sweep.oddities.length > 0) continue
    if (row.state === 'sweeping') yield { row, due }
    else if (due && mayBegin(sweeping)) yield { row, due }
  }
}

/** What a dead run left was due, and is so still unless something speaks against it by now. */
function judge({ ports, run, sweep }: Sweeping, row: BlobRow, { latest, named }: ShardReport): SweepVerdict {
  const isNamed = named.has(row)
  const rules = { ...run, latest, now: ports.now() }
  const verdict = judgeSweep(row, isNamed, rules)
  if (isNamed && (row.state === 'sweeping' || row.state === 'swept')) sweep.sweptAlive += 1
  if (verdict !== 'no garbage') count(sweep.verdicts, verdict, row.size)
  return row.state === 'sweeping' ? judgeSweep({ ...row, state: 'condemned' }, isNamed, rules) : verdict
}

function mayBegin({ run, sweep }: Sweeping): boolean {
  if (sweep.begun < run.budget) {
    sweep.begun += 1
    return true
  }
  sweep.ended = 'budget spent'
  return false
}

export function isLate({ ports, run, sweep }: Sweeping): boolean {
  if (ports.now() < run.deadline) return false
  if (sweep.ended !== 'held' && sweep.ended !== 'odd') sweep.ended = 'out of time'
  return true
}

function note(sweep: DatabaseSweep, row: BlobRow, outcome: SweepOutcome): void {
  if (outcome === 'taken back') sweep.takenBack += 1
  else if (outcome === 'changed') sweep.changed += 1
  else if (outcome === 'swept') {
    sweep.swept.blobs += 1
    sweep.swept.bytes += row.size
    if (row.state === 'condemned') sweep.awaiting -= 1
  } else {
    sweep.ended = 'odd'
    sweep.oddities.push({ subject: formatRef(row), oddity: outcome })
  }
}
