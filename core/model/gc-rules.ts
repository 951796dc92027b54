import { type BlobRow, FORMAT_VERSION } from './blob-row.ts'
import { horizonOf } from './key.ts'
import type { ReportCounts, ReportRow } from './report-row.ts'

/**
 * What garbage is (I4). Within one generation of a database what a report does not name, and is not younger than its horizon, never
 * comes back to life: a late or repeated step does no harm. A restore or conversion begins another generation, for which
 * what was condemned in an earlier one is not condemned at all. No clock of a host takes part.
 */
type Followed = Pick<ReportRow, 'report' | 'generation'>

export type RowVerdict = Exclude<keyof ReportCounts, 'condemnedBytes' | 'contradicting'>

/** `named`: whether the report has the row's ref. */
export function judgeRow(row: BlobRow, named: boolean, report: Followed): RowVerdict {
  const gone = row.state === 'sweeping' || row.state === 'swept'
  if (named) {
    if (row.state === 'archived') return 'alive'
    return gone ? 'sweptAlive' : 'revived'
  }
  if (gone) return 'swept'
  if (isYounger(row, report)) return 'young'
  return row.state === 'condemned' && row.condemnedIn === report.generation ? 'known' : 'condemned'
}

/** In one generation only a wrong report, or a restore that nobody told of, names what was garbage before. */
export function isContradicting(row: BlobRow, named: boolean, report: Followed): boolean {
  return named && row.state !== 'archived' && row.condemnedIn === report.generation
}

function isYounger(row: BlobRow, { report }: Followed): boolean {
  const horizon = horizonOf(report)
  return horizon === undefined || row.tid > horizon
}

export function condemnRow(
  row: BlobRow,
  { report, generation, decidedAt }: Followed & Pick<ReportRow, 'decidedAt'>,
): BlobRow {
  return {
    ...reviveRow(row),
    state: 'condemned',
    condemnedBy: report,
    condemnedIn: generation,
    condemnedAt: decidedAt,
  }
}

/** As if no report had ever condemned it. */
export function reviveRow({ condemnedBy, condemnedIn, condemnedAt, sweptAt, ...row }: BlobRow): BlobRow {
  return { ...row, formatVersion: FORMAT_VERSION, state: 'archived' }
}

/** Why a row is not swept, or `due`; `sweeping`: begun by a run that did not end. */
export type SweepVerdict =
  | 'due'
  | 'sweeping'
  | 'no garbage'
  | 'other generation'
  | 'within its grace'
  | 'not confirmed'
  | 'named'

export interface SweepRules {
  /** Of the database, as it is deployed. */
  readonly generation: string
  /** The last report that was followed to its end. */
  readonly latest: Followed
  /** Milliseconds. */
  readonly grace: number
  /** Milliseconds since 1970. */
  readonly now: number
}

/** `named`: by the latest report, whose horizon has to be later than that of the report which condemned the row. */
export function judgeSweep(
  row: BlobRow,
  named: boolean,
  { generation, latest, grace, now }: SweepRules,
): SweepVerdict {
  const { state, condemnedBy, condemnedIn, condemnedAt } = row
  if (state === 'sweeping') return 'sweeping'
  if (state !== 'condemned' || condemnedBy === undefined || condemnedAt === undefined) return 'no garbage'
  if (condemnedIn !== generation || latest.generation !== generation) return 'other generation'
  if (named) return 'named'
  if (condemnedAt + grace > now) return 'within its grace'
  return isLater(latest.report, condemnedBy) && !isYounger(row, latest) ? 'due' : 'not confirmed'
}

/** Whether its snapshot was taken after that of the other: by their horizons, and so only when the database has gone on meanwhile. */
export function isLater(report: string, than: string): boolean {
  return (horizonOf(report) ?? '') > (horizonOf(than) ?? 'g')
}
