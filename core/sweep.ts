import { NiceBlobsError } from './model/errors.ts'
import type { GarbagePolicy } from './model/garbage-policy.ts'
import type { SweepLease } from './model/report-row.ts'
import type { DatabaseSweep } from './model/sweep-report.ts'
import type { BlobBucket, BlobIndex, BlobVersions, ReportIndex } from './ports.ts'
import { sweepDatabase } from './sweep-database.ts'

/** Milliseconds before the end of a function's life: nothing is begun then, and what was begun ends. */
const LAST_WORDS = 60_000
/** Longer than any function lives on after its time is over. */
const MARGIN = 30_000
const ENDED = 0

export interface SweepStores {
  readonly bucket: BlobBucket
  readonly versions: BlobVersions
  readonly index: BlobIndex
  readonly reports: ReportIndex
}

export interface SweepOptions {
  /** Only tells what it would sweep, and why not more; changes nothing. */
  readonly dryRun: boolean
  /** How long this run can go on: milliseconds. */
  readonly life: number
  /** A directory for the parts of reports. */
  readonly scratch: string
  now(): number
}

/**
 * One run of the sweeper over all databases, one at a time by a lease. It may end anywhere: what it left in the middle is taken up by
 * the next (I8).
 */
export async function runSweep(
  stores: SweepStores,
  policy: GarbagePolicy,
  options: SweepOptions,
): Promise<DatabaseSweep[]> {
  if (options.dryRun) return sweepAll(stores, policy, options, 0)
  const lease = await takeLease(stores.reports, options)
  // A run raises the revision as it begins, and once more as it ends.
  const turn = Math.ceil(lease.revision / 2)
  const sweeps = await sweepAll(stores, policy, options, turn)
  // What may still be done in the name of this run must not meet the next one.
  if (!sweeps.some(({ uncertain }) => uncertain))
    await stores.reports.writeSweepLease(lease, { ...lease, revision: lease.revision + 1, until: ENDED })
  return sweeps
}

async function sweepAll(
  stores: SweepStores,
  { databases, grace, sweptPerRun }: GarbagePolicy,
  { dryRun, life, scratch, now }: SweepOptions,
  turn: number,
): Promise<DatabaseSweep[]> {
  const deadline = now() + life - LAST_WORDS
  const sweeps: DatabaseSweep[] = []
  const all = Object.entries(databases)
  // Should the time not do for all, others are the last the next time.
  const first = turn % Math.max(1, all.length)
  for (const [database, { generation }] of [...all.slice(first), ...all.slice(0, first)]) {
    const run = { generation, grace, budget: sweptPerRun, dryRun, deadline, firstShard: turn, scratch }
    sweeps.push(await sweepDatabase({ ports: { ...stores, database, now }, run }))
  }
  return sweeps
}

/** Throws while another run is at work. */
async function takeLease(reports: ReportIndex, { life, now }: SweepOptions): Promise<SweepLease> {
  const before = await reports.readSweepLease()
  if (before && before.until > now()) throw busy(before)
  const revision = (before?.revision ?? 0) + 1
  const lease: SweepLease = { formatVersion: 1, revision, until: now() + life + MARGIN }
  if (await reports.writeSweepLease(before, lease)) return lease
  throw busy(before)
}

function busy(other: SweepLease | undefined): NiceBlobsError {
  const until = other && other.until > 0 ? ` until ${new Date(other.until).toISOString()} at the latest` : ''
  return new NiceBlobsError('SWEEP_BUSY', `another run of the sweeper is at work${until}`, {
    subject: 'sweep',
    hint: 'it goes on by itself; what it leaves, the next run takes up',
  })
}
