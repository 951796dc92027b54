import { isOpen, latestOf } from './judge-report.ts'
import type { ReportRow } from './report-row.ts'

/** Why nothing of a database is swept now. */
export type SweepHold =
  /** None was followed to its end. */
  | 'no report'
  /** One waits for a person, or was refused: it may show a restore that nobody told of. */
  | 'open report'
  /** One is being counted or followed: what it names is not revived yet. */
  | 'unfinished report'
  /** One was stored since the last that was followed, and the condemner knows nothing of it: its message waits, or was lost. */
  | 'unread report'
  /** The last one is of another generation than the deployed one. */
  | 'other generation'
  /** The bucket keeps it no longer. */
  | 'report gone'

export type DatabaseVerdict =
  | { readonly latest: ReportRow }
  | { readonly hold: SweepHold; readonly reports: readonly string[] }

/**
 * Which report blobs of a database are swept by, if nothing speaks against it (I4): of those that were followed the last that came. One
 * that was decided on later may have been on its way while another showed a restore.
 */
export function judgeDatabase(
  all: readonly ReportRow[],
  { generation }: { readonly generation: string },
): DatabaseVerdict {
  const open = all.filter(row => isOpen(row, all))
  if (open.length > 0) return hold('open report', open)
  const unfinished = all.filter(row => isUnfinished(row, all))
  if (unfinished.length > 0) return hold('unfinished report', unfinished)
  const done = all.filter(({ state }) => state === 'done')
  const decided = latestOf(done)
  if (!decided) return hold('no report', [])
  if (decided.generation !== generation) return hold('other generation', [decided])
  const own = done.filter(row => row.generation === generation)
  return { latest: own.reduce((a, b) => (b.storedAt > a.storedAt ? b : a), decided) }
}

/** One that was left for good holds nothing once another, which came later, is done. */
function isUnfinished({ state, decidedAt, storedAt }: ReportRow, all: readonly ReportRow[]): boolean {
  if (state !== 'counting' && state !== 'condemning') return false
  const since = decidedAt ?? storedAt
  return !all.some(other => other.state === 'done' && other.storedAt > since)
}

function hold(why: SweepHold, rows: readonly ReportRow[]): DatabaseVerdict {
  return { hold: why, reports: rows.map(({ report }) => report) }
}
