import { condemnRow } from '../../../core/model/gc-rules.ts'
import type { ReportRow } from '../../../core/model/report-row.ts'
import { makeRow } from './index-row.ts'
import { BLOB_TID, generationName, idOf, type Report, START, type State } from './state.ts'

/** Where explorations begin: what every blob comes to that is released and packed in the end. */

export { START } from './state.ts'

export const RELEASED: State = {
  ...START,
  database: { last: BLOB_TID, blob: 'kept', line: 0 },
  backup: { last: BLOB_TID, kept: true, file: false },
  object: { versions: 1, marked: false, expired: false },
  row: makeRow(1),
}

function followed(at: number, horizon: number, state: 'condemning' | 'done'): Report {
  const report: Report = {
    ...{ horizon, names: false, wrong: undefined, line: 0, generation: 0, sent: 'all', row: undefined },
    counted: undefined,
    ...{ condemned: false, aged: true, late: false, verdict: undefined },
  }
  const row: ReportRow = {
    ...{ formatVersion: 1, database: 'main', report: idOf(report, at), revision: 3, manifestSha256: '' },
    ...{ generation: generationName(0), state, storedAt: 2 * at + 1, decidedAt: 2 * at + 2, reasons: [] },
  }
  return { ...report, row }
}

/** A report that does not name it is being followed, and has not come to it. */
export const PACKED: State = {
  ...RELEASED,
  database: { ...RELEASED.database, blob: 'absent' },
  reports: [followed(0, BLOB_TID, 'condemning')],
}

/** The same, but the blob is there, and was left out of the report by mistake. */
export const MISTAKEN: State = {
  ...RELEASED,
  reports: PACKED.reports.map(report => ({ ...report, wrong: 'mistake' as const })),
}

const FIRST = followed(0, BLOB_TID, 'done')
/** Two reports agree, and the grace is over. */
export const CONFIRMED: State = {
  ...PACKED,
  database: { ...PACKED.database, last: BLOB_TID + 1 },
  row: condemnRow(makeRow(1), { report: idOf(FIRST, 0), generation: generationName(0), decidedAt: 0 }),
  reports: [FIRST, followed(1, BLOB_TID + 1, 'done')],
}

/** The same, but the pack has left the file. */
export const LEFT_BEHIND: State = { ...CONFIRMED, file: true }
