import { isOpen } from './model/judge-report.ts'
import { horizonOf } from './model/key.ts'
import { addCounts, NO_COUNTS, type ReportCounts, type ReportRow } from './model/report-row.ts'
import { tidToTime } from './model/tid.ts'
import type { Verdict } from './model/verdict.ts'
import type { BlobBucket, ReportIndex } from './ports.ts'
import { readVerdict } from './read-verdict.ts'
import { requireReport } from './require-report.ts'

/** A live report as the condemner knows it. */
export interface ListedReport extends ReportRow {
  /** The time of its horizon, in milliseconds since 1970. */
  readonly horizonAt: number
  /** Whether it waits for a person, and sweeping with it. */
  readonly open: boolean
}

export interface ReportStatus extends ListedReport {
  /** What a person decided, followed already or not. */
  readonly verdict: Verdict | undefined
  /** How many shards are worked off. */
  readonly shards: { readonly counted: number; readonly condemned: number }
}

/** What came last first. */
export async function listReports(reports: ReportIndex, database: string): Promise<ListedReport[]> {
  const rows = await reports.list(database)
  return rows.map(row => describe(row, rows)).sort((a, b) => b.storedAt - a.storedAt)
}

/** With the counts of those shards that are worked off, until all are. */
export async function readReportStatus(
  { bucket, reports }: { bucket: BlobBucket; reports: ReportIndex },
  database: string,
  report: string,
): Promise<ReportStatus> {
  const row = await requireReport(reports, database, report)
  const counted = await reports.readShards(database, report, 'count')
  const condemned = await reports.readShards(database, report, 'condemn')
  const counts: ReportCounts = row.counts ?? counted.map(shard => shard.counts).reduce(addCounts, NO_COUNTS)
  return {
    ...describe(row, await reports.list(database)),
    ...(counted.length > 0 && { counts }),
    verdict: await readVerdict(bucket, database, report),
    shards: { counted: counted.length, condemned: condemned.length },
  }
}

function describe(row: ReportRow, all: readonly ReportRow[]): ListedReport {
  return { ...row, horizonAt: tidToTime(horizonOf(row.report) ?? ''), open: isOpen(row, all) }
}
