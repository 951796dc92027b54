import { inParallel } from '../in-parallel.ts'
import type { ShardWork } from '../model/garbage-message.ts'
import { judgeRow } from '../model/gc-rules.ts'
import { ReportRefused } from '../model/judge-report.ts'
import { PARTS } from '../model/live-report.ts'
import type { Reason, ReportCounts, ReportRow } from '../model/report-row.ts'
import { judgeGoingOn, refuse, rulesOf, settleCondemned } from '../model/settle-report.ts'
import { withPart } from '../read-report.ts'
import type { Named } from '../records/named.ts'
import { type Condemner, changeReport, requireManifest, shardsOf } from './condemner.ts'
import { followRow, type Judged } from './follow-row.ts'
import { createTally } from './tally.ts'

/** One partition takes a thousand writes a second, and answers in some five milliseconds. */
const JOBS = 4

/**
 * Follows a report in one shard. Whoever finds all shards followed ends it. A shard that is worked off late, or again, does no harm
 * while its generation lasts; once a later report is done, the rest of this one is refused.
 */
export async function condemnShard(condemner: Condemner, work: ShardWork): Promise<ReportRow | undefined> {
  const { reports } = condemner
  const { database, report, shard } = work
  const row = await reports.read(database, report)
  if (row?.state !== 'condemning') return undefined
  const followed = shardsOf(await reports.readShards(database, report, 'condemn'))
  if (!followed.has(shard)) {
    const outcome = await condemnOrRefuse(condemner, row, shard)
    if ('reasons' in outcome) return refuseFurther(condemner, row, outcome.reasons)
    await reports.writeShard({ ...work, ...outcome })
  }
  return settleShards(condemner, row)
}

async function settleShards(condemner: Condemner, followed: ReportRow): Promise<ReportRow | undefined> {
  const { reports, now } = condemner
  const shards = await reports.readShards(followed.database, followed.report, 'condemn')
  if (shards.length < PARTS) return undefined
  return changeReport(condemner, followed, async row =>
    row?.state === 'condemning' ? settleCondemned(row, shards, now()) : undefined,
  )
}

function refuseFurther(condemner: Condemner, report: ReportRow, reasons: readonly Reason[]) {
  return changeReport(condemner, report, async row =>
    row?.state === 'condemning' ? refuse(row, reasons, condemner.now()) : undefined,
  )
}

async function condemnOrRefuse(
  condemner: Condemner,
  report: ReportRow,
  shard: number,
): Promise<{ counts: ReportCounts } | { reasons: readonly Reason[] }> {
  const { bucket, reports, policy, scratch } = condemner
  const { database } = report
  const reasons = judgeGoingOn(report, await reports.list(database), rulesOf(policy, database))
  if (reasons.length > 0) return { reasons }
  try {
    const manifest = await requireManifest(condemner, report)
    return await withPart(bucket, manifest, shard, scratch, async part => ({
      counts: await followAll(condemner, report, shard, part),
    }))
  } catch (error) {
    if (error instanceof ReportRefused) return { reasons: [error.reason] }
    throw error
  }
}

async function followAll(
  { index }: Condemner,
  report: ReportRow,
  shard: number,
  part: Named,
): Promise<ReportCounts> {
  const tally = createTally(report)
  await inParallel(toFollow(), JOBS, async judged => {
    const found = await followRow(index, judged, report)
    if (found) tally.add(found.row, found.verdict, found.named)
  })
  return tally.counts

  /** Nearly all rows stay as they are, and are only counted. */
  async function* toFollow(): AsyncGenerator<Judged> {
    for await (const row of index.listShard(report.database, shard)) {
      const named = part.has(row)
      const verdict = judgeRow(row, named, report)
      if (verdict === 'alive' || verdict === 'young') tally.add(row, verdict, named)
      else yield { row, verdict, named }
    }
  }
}
