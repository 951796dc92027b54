import { createHash } from 'node:crypto'
import { NiceBlobsError } from './model/errors.ts'
import { verdictKey } from './model/key.ts'
import type { ReportRow } from './model/report-row.ts'
import { isOpenTo } from './model/settle-report.ts'
import { formatVerdict, type Verdict } from './model/verdict.ts'
import type { BlobBucket, ReportIndex } from './ports.ts'
import { readVerdict } from './read-verdict.ts'
import { requireReport } from './require-report.ts'
import { requireSameObject } from './verify-object.ts'

/**
 * Leaves what a person decided about a live report where the condemner finds it, once (I8): the same again is answered `given
 * before`, the contrary is refused.
 */
export async function giveVerdict(
  { bucket, reports }: { bucket: BlobBucket; reports: ReportIndex },
  { database, report }: Pick<ReportRow, 'database' | 'report'>,
  verdict: Verdict,
): Promise<'given' | 'given before'> {
  const { state } = await requireReport(reports, database, report)
  const before = await readVerdict(bucket, database, report)
  if (before === undefined && !isOpenTo(verdict, state)) throw settled(report, `it is ${state}`)
  if (before === undefined && (await putVerdict(bucket, verdictKey(database, report), verdict)))
    return 'given'
  const given = before ?? (await readVerdict(bucket, database, report))
  if (given === verdict) return 'given before'
  const why = `somebody has decided already: ${given}`
  throw given === 'approve' && state === 'refused'
    ? settled(report, `${why}, and it was refused since`, REFUSED_SINCE)
    : settled(report, why)
}

/** False when there is one. */
async function putVerdict(bucket: BlobBucket, key: string, verdict: Verdict): Promise<boolean> {
  const content = Buffer.from(formatVerdict(verdict))
  const sha256 = createHash('sha256').update(content).digest('hex')
  const facts = { size: content.length, sha256, contentType: 'application/json' }
  const put = await bucket.put(key, facts, { open: () => content })
  if (put.outcome === 'present') return false
  await requireSameObject(bucket, key, facts, put.vouched ? put : undefined)
  return true
}

const TOLD_ELSEWHERE =
  'nothing was changed; docs/operations.md, "Approve or reject a report", tells what else can be done'
const REFUSED_SINCE =
  'nothing was changed; a verdict is never taken back, and the next report that is followed settles this one: nice-blobs live-report'

function settled(report: string, why: string, hint = TOLD_ELSEWHERE): NiceBlobsError {
  return new NiceBlobsError('REPORT_SETTLED', why, { subject: report, hint })
}
