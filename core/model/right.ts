import type { NiceBlobsError } from './errors.ts'
import { makeRef } from './ref.ts'

/** What credentials may do, as far as attempts tell that change nothing even where they are allowed. */
export type Outcome =
  /** `left`: what the attempt left behind after all. */
  | { outcome: 'allowed'; left?: string | undefined }
  | { outcome: 'denied' }
  | { outcome: 'unknown'; why: string }
  | { outcome: 'failed'; error: NiceBlobsError }

/** `mark`: to place a delete marker. `reach`: to see other databases. */
export type BucketRight = 'list' | 'read' | 'create' | 'mark' | 'deleteVersion' | 'overwrite' | 'reach'
export type BucketRights = Readonly<Record<BucketRight, Outcome>>

export interface RowRights {
  readonly write: Outcome
  readonly remove: Outcome
}

/** What is attempted is attempted on this ref, which no blob has: no transaction has the tid 0. */
export const NO_BLOB = makeRef('0'.repeat(16), '0'.repeat(16))
