import type { BlobRow } from '../../core/model/blob-row.ts'
import type { ReportCounts, ReportRow } from '../../core/model/report-row.ts'
import { BEGIN, blobs, type CondemnSetting, tidNumber } from '../flows/condemn-setting.ts'

/** Rows of every kind, and what becomes of them by a report of ALIVE whose horizon is 10. */

export const ALL = blobs(160)
export const ALIVE = ALL.slice(0, 100)
export const DEAD = ALL.slice(100)

const EARLIER = `${tidNumber(1)}-${'0'.repeat(16)}`

export async function plantEveryKind(setting: CondemnSetting): Promise<void> {
  const gone = { condemnedBy: EARLIER, condemnedAt: BEGIN }
  await setting.plantRows(ALL.slice(0, 90))
  await setting.plantRows(ALL.slice(90, 100), { ...gone, state: 'condemned', condemnedIn: '0' })
  await setting.plantRows(ALL.slice(100, 120), { ...gone, state: 'condemned', condemnedIn: '1' })
  await setting.plantRows(ALL.slice(120, 130), { ...gone, state: 'swept', condemnedIn: '1', sweptAt: BEGIN })
  await setting.plantRows(ALL.slice(130))
  await setting.plantRows(blobs(20, 15))
}

export const EXPECTED: ReportCounts = {
  ...{ alive: 90, young: 20, condemned: 30, condemnedBytes: 3000, known: 20, swept: 10 },
  ...{ revived: 10, sweptAlive: 0, contradicting: 0 },
}

export const rowsOf = (setting: CondemnSetting): Map<string, BlobRow> =>
  new Map([...setting.index.rows].sort(([a], [b]) => (a < b ? -1 : 1)))

/** What was revived by a step that was ended is alive to the next one; everything else is counted once and for all. */
export function withoutRevived(row: ReportRow | undefined): ReportRow | undefined {
  if (!row?.counts) return row
  const { alive, revived, ...counts } = row.counts
  return { ...row, counts: { ...counts, alive: alive + revived, revived: 0 } }
}
