import type { ShardWork } from '../model/garbage-message.ts'
import { judgeRow } from '../model/gc-rules.ts'
import { ReportRefused } from '../model/judge-report.ts'
import { PARTS } from '../model/live-report.ts'
import { NO_COUNTS, type ReportCounts, type ReportRow, type ShardRow } from '../model/report-row.ts'
import { settleCounted } from '../model/settle-report.ts'
import { withPart } from '../read-report.ts'
import { type Condemner, changeReport, placeOf, requireManifest, sendWork, shardsOf } from './condemner.ts'
import { createTally } from './tally.ts'

/** What following a report would change in one shard. Whoever finds all shards counted decides on the report. */
export async function countShard(condemner: Condemner, work: ShardWork): Promise<ReportRow | undefined> {
  const { reports } = condemner
  const { database, report, shard } = work
  const row = await reports.read(database, report)
  // It comes again perhaps since whoever decided was ended before the next messages were sent.
  if (row?.state === 'condemning') await sendWork(condemner, row, 'condemn')
  if (row?.state !== 'counting') return undefined
  const counted = shardsOf(await reports.readShards(database, report, 'count'))
  if (!counted.has(shard))
    await reports.writeShard({ ...work, ...(await countOrRefuse(condemner, row, shard)) })
  return settleCounts(condemner, row)
}

/** Undefined while there are shards to be counted, and where somebody else has decided. */
export async function settleCounts(condemner: Condemner, counted: ReportRow): Promise<ReportRow | undefined> {
  const { reports, policy, now } = condemner
  const shards = await reports.readShards(counted.database, counted.report, 'count')
  if (shards.length < PARTS) return undefined
  const changed = await changeReport(condemner, counted, async row => {
    if (row?.state !== 'counting') return undefined
    const place = await placeOf(condemner, row)
    return settleCounted(row, shards, { place, largestShare: policy.largestShare, now: now() })
  })
  if (changed?.state === 'condemning') await sendWork(condemner, changed, 'condemn')
  return changed
}

async function countOrRefuse(
  condemner: Condemner,
  row: ReportRow,
  shard: number,
): Promise<Pick<ShardRow, 'counts' | 'reason'>> {
  try {
    return { counts: await count(condemner, row, shard) }
  } catch (error) {
    if (error instanceof ReportRefused) return { counts: NO_COUNTS, reason: error.reason }
    throw error
  }
}

async function count(condemner: Condemner, report: ReportRow, shard: number): Promise<ReportCounts> {
  const { bucket, index, scratch } = condemner
  const manifest = await requireManifest(condemner, report)
  return withPart(bucket, manifest, shard, scratch, async part => {
    const tally = createTally(report)
    for await (const row of index.listShard(report.database, shard)) {
      const named = part.has(row)
      tally.add(row, judgeRow(row, named, report), named)
    }
    return tally.counts
  })
}
