import type { BlobRow } from '../model/blob-row.ts'
import { isContradicting, type RowVerdict } from '../model/gc-rules.ts'
import { NO_COUNTS, type ReportCounts, type ReportRow } from '../model/report-row.ts'

/** What is counted of one shard. */
export interface Tally {
  readonly counts: ReportCounts
  /** A row as it was judged, before anything was changed. */
  add(row: BlobRow, verdict: RowVerdict, named: boolean): void
}

export function createTally(report: Pick<ReportRow, 'report' | 'generation'>): Tally {
  const counts = { ...NO_COUNTS }
  return {
    counts,
    add(row, verdict, named) {
      counts[verdict] += 1
      if (verdict === 'condemned') counts.condemnedBytes += row.size
      if (isContradicting(row, named, report)) counts.contradicting += 1
    },
  }
}
