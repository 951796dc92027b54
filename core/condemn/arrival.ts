import { ReportRefused } from '../model/judge-report.ts'
import { manifestKey } from '../model/key.ts'
import type { ReportRow } from '../model/report-row.ts'
import { refuse } from '../model/settle-report.ts'
import { readManifest } from '../read-report.ts'
import { type Condemner, changeReport, placeOf, type ReportName, repeated, sendWork } from './condemner.ts'
import { settleCounts } from './count-shard.ts'

/**
 * A manifest has come: its report is counted, or refused for what can be seen at once. One that comes again goes on where the first
 * one ended (I8); under the name of another it is a ReportRefused, and changes nothing.
 */
export async function takeReport(condemner: Condemner, name: ReportName): Promise<ReportRow | undefined> {
  const arrived = await firstRow(condemner, name)
  if (!arrived) return undefined
  const changed = await changeReport(condemner, name, async present => {
    if (!present) return refuseOutOfPlace(condemner, arrived)
    if (present.manifestSha256 !== arrived.manifestSha256)
      throw repeated(manifestKey(name.database, name.report))
    return undefined
  })
  const row = changed ?? (await condemner.reports.read(name.database, name.report))
  if (row?.state !== 'counting') return changed
  const sent = await sendWork(condemner, row, 'count')
  return sent > 0 ? changed : settleCounts(condemner, row)
}

/** Undefined where there is no manifest. */
async function firstRow(
  condemner: Condemner,
  { database, report }: ReportName,
): Promise<ReportRow | undefined> {
  const { bucket, now } = condemner
  const common = { formatVersion: 1 as const, database, report, revision: 0, reasons: [] }
  try {
    const found = await readManifest(bucket, database, report)
    if (!found) return undefined
    const { manifest, sha256: manifestSha256, storedAt } = found
    const { generation, revisions } = manifest
    return { ...common, state: 'counting', generation, revisions, manifestSha256, storedAt }
  } catch (error) {
    if (!(error instanceof ReportRefused)) throw error
    const stored = await bucket.head(manifestKey(database, report))
    if (!stored) return undefined
    const { sha256: manifestSha256 = '', lastModified: storedAt } = stored
    return refuse({ ...common, state: 'refused', manifestSha256, storedAt }, [error.reason], now())
  }
}

async function refuseOutOfPlace(condemner: Condemner, arrived: ReportRow): Promise<ReportRow> {
  if (arrived.state === 'refused') return arrived
  const place = await placeOf(condemner, arrived)
  return place.length > 0 ? refuse(arrived, place, condemner.now()) : { ...arrived, revision: 1 }
}
