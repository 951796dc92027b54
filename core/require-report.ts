import { NiceBlobsError } from './model/errors.ts'
import { horizonOf } from './model/key.ts'
import type { Manifest } from './model/live-report.ts'
import type { ReportRow } from './model/report-row.ts'
import type { BlobBucket, ReportIndex } from './ports.ts'
import { readManifest } from './read-report.ts'

/** What is known of a report that somebody names. */
export async function requireReport(
  reports: ReportIndex,
  database: string,
  report: string,
): Promise<ReportRow> {
  const row = horizonOf(report) === undefined ? undefined : await reports.read(database, report)
  if (!row) throw unknown(database, report)
  return row
}

/** What such a report says itself, whatever is known of it. */
export async function requireManifest(
  bucket: BlobBucket,
  database: string,
  report: string,
): Promise<Manifest> {
  const found = horizonOf(report) === undefined ? undefined : await readManifest(bucket, database, report)
  if (!found) throw unknown(database, report)
  return found.manifest
}

function unknown(database: string, report: string): NiceBlobsError {
  return new NiceBlobsError('REPORT_UNKNOWN', `the database ${database} has no such report`, {
    subject: report,
    hint: 'nice-blobs gc list tells them; one that was sent a moment ago is known within a minute',
  })
}
