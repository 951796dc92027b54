import { NiceBlobsError } from '../model/errors.ts'
import { verdictKey } from '../model/key.ts'
import type { ReportRow } from '../model/report-row.ts'
import { settleVerdict } from '../model/settle-report.ts'
import { parseVerdict, type Verdict } from '../model/verdict.ts'
import { type Condemner, changeReport, placeOf, type ReportName, sendWork } from './condemner.ts'

/** Bytes. */
const LARGEST_VERDICT = 1_024

/** A person has decided about a report that waits. A verdict that comes again goes on where the first one ended (I8). */
export async function takeVerdict(condemner: Condemner, name: ReportName): Promise<ReportRow | undefined> {
  const verdict = await readVerdict(condemner, name)
  if (!verdict) return undefined
  const changed = await changeReport(
    condemner,
    name,
    async row =>
      row && settleVerdict(row, verdict, { place: await placeOf(condemner, row), now: condemner.now() }),
  )
  const row = changed ?? (await condemner.reports.read(name.database, name.report))
  if (row?.state === 'condemning' && row.approved) await sendWork(condemner, row, 'condemn')
  return changed
}

/** Undefined for none. */
async function readVerdict(
  { bucket }: Condemner,
  { database, report }: ReportName,
): Promise<Verdict | undefined> {
  const key = verdictKey(database, report)
  const found = await bucket.get(key)
  if (!found) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of found.body) {
    size += chunk.length
    if (size > LARGEST_VERDICT) throw tooLarge(key)
    chunks.push(chunk)
  }
  return parseVerdict(Buffer.concat(chunks).toString(), key)
}

function tooLarge(subject: string): NiceBlobsError {
  return new NiceBlobsError('FORMAT_UNKNOWN', 'a verdict is a few words', {
    subject,
    hint: 'the report goes on waiting; decide again: nice-blobs gc approve | reject',
  })
}
