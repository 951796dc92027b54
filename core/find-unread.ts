import { packPrefix, parseReportKey } from './model/key.ts'
import type { ReportRow } from './model/report-row.ts'
import type { BlobBucket, ReportIndex } from './ports.ts'

/**
 * Reports that were stored since `latest`, by the bucket's clock, and of which no row is known: the message that tells of them is on its
 * way, has failed, or was lost. What they name nobody has revived yet (I4).
 */
export async function findUnread(
  { bucket, reports, database }: { bucket: BlobBucket; reports: ReportIndex; database: string },
  latest: Pick<ReportRow, 'storedAt'>,
): Promise<string[]> {
  const rows = await reports.list(database)
  const known = new Set(rows.map(({ report }) => report))
  const unread: string[] = []
  for await (const { key } of bucket.list(packPrefix(database))) {
    const found = parseReportKey(key)
    if (found?.what !== 'manifest' || known.has(found.report)) continue
    const stored = await bucket.head(key)
    if (!stored || stored.lastModified < latest.storedAt) continue
    // It may have been taken up since the rows were listed.
    if (!(await reports.read(database, found.report))) unread.push(found.report)
  }
  return unread
}
