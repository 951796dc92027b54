import type { ReportRow } from '../model/report-row.ts'
import { settleVerdict } from '../model/settle-report.ts'
import { readVerdict } from '../read-verdict.ts'
import { type Condemner, changeReport, placeOf, type ReportName, sendWork } from './condemner.ts'

/** A person has decided about a report that waits. A verdict that comes again goes on where the first one ended (I8). */
export async function takeVerdict(condemner: Condemner, name: ReportName): Promise<ReportRow | undefined> {
  const verdict = await readVerdict(condemner.bucket, name.database, name.report)
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
