import { allShards } from '../model/blob-row.ts'
import { BlobUnavailable } from '../model/errors.ts'
import type { GarbagePolicy } from '../model/garbage-policy.ts'
import { ReportRefused } from '../model/judge-report.ts'
import { manifestKey } from '../model/key.ts'
import type { Manifest } from '../model/live-report.ts'
import type { Reason, ReportPhase, ReportRow, ShardRow } from '../model/report-row.ts'
import { judgePlace, rulesOf } from '../model/settle-report.ts'
import type { BlobBucket, BlobIndex, ReportIndex, WorkQueue } from '../ports.ts'
import { readManifest } from '../read-report.ts'

/** What the condemner works on, and what it is told at its deployment. */
export interface Condemner {
  readonly bucket: Pick<BlobBucket, 'get' | 'head'>
  readonly index: Pick<BlobIndex, 'find' | 'listShard' | 'replace'>
  readonly reports: ReportIndex
  readonly queue: WorkQueue
  readonly policy: GarbagePolicy
  /** A directory with room for one part. */
  readonly scratch: string
  /** Milliseconds since 1970. */
  now(): number
}

export type ReportName = Pick<ReportRow, 'database' | 'report'>

/** Of many who write at once each has its turn. */
const MOST_ATTEMPTS = 100

/** Answers what it wrote, and undefined where `decide` changes nothing. */
export async function changeReport(
  { reports }: Condemner,
  { database, report }: ReportName,
  decide: (row: ReportRow | undefined) => Promise<ReportRow | undefined>,
): Promise<ReportRow | undefined> {
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
    const before = await reports.read(database, report)
    const after = await decide(before)
    if (!after || (await reports.write(before, after))) return after
  }
  throw changesAgain(report)
}

export async function placeOf(
  { reports, policy }: Condemner,
  row: Pick<ReportRow, 'database' | 'report' | 'generation' | 'storedAt'>,
): Promise<Reason[]> {
  return judgePlace(row, await reports.list(row.database), rulesOf(policy, row.database))
}

/** A message for each shard that is not worked off; answers how many. */
export async function sendWork(
  { reports, queue }: Condemner,
  { database, report }: ReportName,
  phase: ReportPhase,
): Promise<number> {
  const ended = shardsOf(await reports.readShards(database, report, phase))
  const shards = allShards().filter(shard => !ended.has(shard))
  await queue.send(shards.map(shard => ({ formatVersion: 1, phase, database, report, shard })))
  return shards.length
}

export function shardsOf(rows: readonly ShardRow[]): Set<number> {
  return new Set(rows.map(({ shard }) => shard))
}

/** The very one that the report's row was made of; throws ReportRefused for any other and for none. */
export async function requireManifest(
  { bucket }: Condemner,
  { database, report, manifestSha256 }: ReportRow,
): Promise<Manifest> {
  const found = await readManifest(bucket, database, report)
  const key = manifestKey(database, report)
  if (!found) throw new ReportRefused('incomplete', 'its manifest is not there any more', key)
  if (found.sha256 !== manifestSha256) throw repeated(key)
  return found.manifest
}

export function repeated(key: string): ReportRefused {
  return new ReportRefused('repeated', 'there was another report of this name', key)
}

export function changesAgain(subject: string): BlobUnavailable {
  return new BlobUnavailable('SERVER_BUSY', 'a row changes each time it is to be written', {
    subject,
    hint: 'it is tried again by itself',
  })
}
