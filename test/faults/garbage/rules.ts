import type { BlobRow } from '../../../core/model/blob-row.ts'
import { condemnRow, isContradicting, judgeRow, judgeSweep, reviveRow } from '../../../core/model/gc-rules.ts'
import { judgeDatabase } from '../../../core/model/judge-database.ts'
import { judgeTime } from '../../../core/model/judge-report.ts'
import { blobKey } from '../../../core/model/key.ts'
import { judgeGoingOn, settleCounted } from '../../../core/model/settle-report.ts'
import { planUndelete } from '../../../core/model/undelete-plan.ts'
import { generationName } from './state.ts'

/** What decides in the exploration: the very functions that decide in the product, so that a wrong one can take a place. */
export interface Rules {
  judgeRow: typeof judgeRow
  isContradicting: typeof isContradicting
  condemnRow: typeof condemnRow
  reviveRow: typeof reviveRow
  judgeSweep: typeof judgeSweep
  judgeTime: typeof judgeTime
  settleCounted: typeof settleCounted
  judgeDatabase: typeof judgeDatabase
  judgeGoingOn: typeof judgeGoingOn
  planUndelete: typeof planUndelete
  blobKey: typeof blobKey
  /** The condition of BlobIndex.replace. */
  isUnchanged(before: BlobRow, present: BlobRow): boolean
  /** When a report's generation is read from the configuration. */
  generationRead: 'before the snapshot' | 'after the snapshot'
  /** What a part that is not there means. */
  missingPart: 'refused' | 'empty'
  /** What has to be older than a sweeper lives before a file is released. */
  releaseWaits: 'for the object' | 'for the row' | 'never'
  /** Whether an archiver that finds a swept row looks whether its object is still there. */
  archiverLooksAgain: boolean
  /** Whether a sweeper waits for the life of one that died. */
  sweepsAlone: boolean
  undeleteEnds: 'with the row' | 'with the copy'
}

export const RULES: Rules = {
  judgeRow,
  isContradicting,
  condemnRow,
  reviveRow,
  judgeSweep,
  judgeTime,
  settleCounted,
  judgeDatabase,
  judgeGoingOn,
  planUndelete,
  blobKey,
  isUnchanged: (before, present) =>
    before.state === present.state &&
    before.archivedAt === present.archivedAt &&
    before.sha256 === present.sha256 &&
    before.condemnedBy === present.condemnedBy,
  generationRead: 'before the snapshot',
  missingPart: 'refused',
  releaseWaits: 'for the object',
  archiverLooksAgain: true,
  sweepsAlone: true,
  undeleteEnds: 'with the copy',
}

/** How much of everything there is. */
export interface Bounds {
  readonly reports: number
  /** The largest tid. */
  readonly last: number
  readonly versions: number
  readonly restores: number
  readonly generations: number
  /** How many activities may be under way at the same time. */
  readonly atOnce: number
  /** Snapshots in which the blob is missing though it is there; each may be sent more than once. */
  readonly wrong: number
  /** Those are of a copy, in which other garbage is alive. */
  readonly copy?: boolean
  /** Of the database's blobs a report may condemn without being asked: the blob is one of four. */
  readonly largestShare: number
  /** Whether a report is sent piece by piece. */
  readonly pieces?: boolean
  /** What is left out. */
  readonly without?: readonly Actor[]
}
/** Without `grace` it is over at once: then more is swept, and never less. */
export type Actor = 'writer' | 'archiver' | 'undeleter' | 'resender' | 'backups' | 'clerk' | 'grace'

export interface Setting {
  readonly rules: Rules
  readonly bounds: Bounds
}

export const reportRules = ({ bounds }: Setting, deployed: number) => ({
  generation: generationName(deployed),
  largestShare: bounds.largestShare,
})
