import type { BlobRow } from '../../../core/model/blob-row.ts'
import { reportId } from '../../../core/model/key.ts'
import type { ReportRow } from '../../../core/model/report-row.ts'
import { hexId } from './tids.ts'

/**
 * One blob, the database that may reach it, and everything that live reports can do to it. A state is immutable, small, and says
 * nothing of how it came about, so that each is met once.
 */
export interface State {
  readonly database: Database
  readonly backup: Backup | undefined
  /** Whether the volume has the blob's file. */
  readonly file: boolean
  readonly object: StoredObject
  /** A request of a sweeper for one more marker that has not been served yet. */
  readonly lateMarker: boolean
  /** A sweeper is at work, or has died and might still live. */
  readonly leased: boolean
  /** Of the blob; `archivedAt` is the ordinal of a version. */
  readonly row: BlobRow | undefined
  /** A function that swept when the row was written is no longer alive. */
  readonly settled: boolean
  /** The newest version is older than the release delay. */
  readonly ripe: boolean
  readonly reports: readonly Report[]
  /** Ordinals of generations: what hosts put into reports, and what the functions know. */
  readonly configured: number
  readonly deployed: number
  /** Which line of the database each generation stands for: the one it was on when its hosts were told. */
  readonly lines: readonly number[]
  /** The steps of others that have begun: each has read, and has not written yet. */
  readonly activities: readonly Activity[]
  /** Everything there is of another database's blob of the same ref (I9): whether anything has touched it. */
  readonly neighbour: 'whole' | 'touched'
}

/** `last`: the largest tid. `voted`: in a transaction that may still be aborted; its file has its final name. */
export interface Database {
  readonly last: number
  readonly blob: 'absent' | 'voted' | 'kept'
  /** Each restore begins another one. */
  readonly line: number
}

export interface Backup {
  readonly last: number
  readonly kept: boolean
  readonly file: boolean
}

/** All versions have the same bytes; the newest is current unless a marker lies above it. */
export interface StoredObject {
  readonly versions: number
  readonly marked: boolean
  /** The bucket has forgotten the version under the marker. */
  readonly expired: boolean
}

export interface Report {
  readonly horizon: number
  readonly names: boolean
  /** Nothing of the blob was seen, though it was there: by mistake, or as the snapshot is of a copy that goes on by itself. */
  readonly wrong: 'mistake' | 'copy' | undefined
  readonly line: number
  readonly generation: number
  /** `part`: without its manifest. */
  readonly sent: 'nothing' | 'part' | 'all'
  readonly row: ReportRow | undefined
  /** What counting and condemning found of the blob's shard. */
  readonly counted: Counted | undefined
  readonly condemned: boolean
  readonly aged: boolean
  /** Its manifest came after a restore, though its snapshot is from before. */
  readonly late: boolean
  readonly verdict: 'approve' | 'reject' | undefined
}

export interface Counted {
  readonly as: 'nothing' | keyof NonNullable<ReportRow['counts']>
  readonly contradicting: boolean
}

export type SweepPhase = 'judged' | 'due' | 'begun' | 'marked' | 'seen' | 'back'

export type Activity =
  | { what: 'decide'; report: number; before: ReportRow; after: ReportRow }
  | { what: 'condemn'; report: number; before: BlobRow; after: BlobRow }
  | { what: 'sweep'; phase: SweepPhase; latest: number; row?: BlobRow }
  | { what: 'archive'; version: number; present?: BlobRow; looked?: boolean }
  | { what: 'release'; phase: 'planned' | 'looked' }
  | { what: 'undelete'; phase: 'read' | 'missing' | 'revived' | 'present'; row: BlobRow }

/** One of several that may come next; `broken`: what must not have happened by it. */
export interface Step {
  readonly name: string
  readonly to: State
  readonly broken?: string | undefined
}

/** The tid of the blob; there is one before it, and there may be some after it. */
export const BLOB_TID = 2
export const generationName = (ordinal: number): string => `g${ordinal}`
export const idOf = ({ horizon }: Pick<Report, 'horizon'>, at: number): string =>
  reportId(hexId(horizon), hexId(at))
export const isReached = ({ database }: State): boolean => database.blob === 'kept'
export const isCurrent = ({ object }: State): boolean => object.versions > 0 && !object.marked
/** Whether the functions know what line the database is on. */
export const isTold = ({ lines, deployed, database }: State): boolean => lines[deployed] === database.line

export const START: State = {
  database: { last: 1, blob: 'absent', line: 0 },
  backup: undefined,
  file: false,
  object: { versions: 0, marked: false, expired: false },
  lateMarker: false,
  leased: false,
  row: undefined,
  settled: true,
  ripe: true,
  reports: [],
  configured: 0,
  deployed: 0,
  lines: [0],
  activities: [],
  neighbour: 'whole',
}

export function withReport(state: State, at: number, change: Partial<Report>): State {
  return {
    ...state,
    reports: state.reports.map((report, index) => (index === at ? { ...report, ...change } : report)),
  }
}

export function begin(state: State, activity: Activity): State {
  return { ...state, activities: [...state.activities, activity] }
}

/** `next`: what the activity becomes; without it, it has ended. */
export function goOn(state: State, activity: Activity, next?: Activity): State {
  const others = state.activities.filter(other => other !== activity)
  return { ...state, activities: next ? [...others, next] : others }
}
