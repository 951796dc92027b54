import type { BlobRow } from './blob-row.ts'
import { EXIT } from './errors.ts'
import { DAY } from './quantity.ts'

/** Where index and bucket disagree, the gravest first: what each class leads to, and what to do about it. */
const CLASSES = {
  lost: {
    exit: EXIT.integrity,
    hint: 'check --repair lost uploads it from a volume that has the same bytes; else undelete brings back an older version; else look into the replica or a copy',
  },
  forgotten: {
    exit: EXIT.integrity,
    hint: 'only an inventory tells it: within the undelete window a version was deleted; look at the alarm VersionDeleted and at the replica',
  },
  damaged: {
    exit: EXIT.integrity,
    hint: 'never repaired here: look for whole bytes in a volume, a cache, an older version or the replica',
  },
  altered: {
    exit: EXIT.integrity,
    hint: 'never repaired here: find out who wrote there, and compare the versions of the object',
  },
  returned: { exit: EXIT.left, hint: 'check --repair returned verifies the object and archives its row' },
  reversioned: { exit: EXIT.left, hint: 'check --repair reversioned reads the object and renews its row' },
  unindexed: {
    exit: EXIT.left,
    hint: 'check --repair unindexed verifies the object and writes its row; for a lost index: check --rebuild',
  },
  sweeping: { exit: EXIT.left, hint: 'the sweeper ends what it began; if it stays, look at the sweeper' },
  foreign: { exit: EXIT.left, hint: 'left alone; find out who else writes among the blobs' },
} as const

export type DifferenceClass = keyof typeof CLASSES
export const DIFFERENCE_CLASSES = Object.keys(CLASSES) as DifferenceClass[]
export const REPAIRABLE = ['lost', 'returned', 'reversioned', 'unindexed'] as const
export type Repairable = (typeof REPAIRABLE)[number]

export interface Verdict {
  class: DifferenceClass
  reason: string
}

/** A difference as it is told; the subject is a ref or, for what is none, a key. */
export interface Difference extends Verdict {
  subject: string
  bytes: number
}

/** What a check sees of an object. */
export interface SeenObject {
  readonly size: number
  /** From our metadata; undefined where there is none. */
  readonly sha256: string | undefined
  readonly versionId: string | undefined
  /** Of the bytes themselves, where they were read. */
  readonly readSha256?: string
}

/** Inventories tell what was there a day or two before. Milliseconds. */
const INVENTORY_LAG = 2 * DAY

/**
 * Whether a swept row should have a version under its marker that an inventory of that time does not have. `window`: how long it can be
 * undeleted, in milliseconds.
 */
export function isForgotten(
  { state, archivedAt, sweptAt }: BlobRow,
  retained: boolean,
  { madeAt, window }: { madeAt: number; window: number },
): boolean {
  if (retained || state !== 'swept' || sweptAt === undefined) return false
  return archivedAt + INVENTORY_LAG < madeAt && madeAt < sweptAt + window
}

export function statusOfDifference(of: DifferenceClass): number {
  return CLASSES[of].exit
}

export function hintFor(of: DifferenceClass): string {
  return CLASSES[of].hint
}

/** Whether a row and an object's size from the listing leave nothing to look at, unless somebody wants to be sure. */
export function agreesAsListed(row: BlobRow | undefined, size: number | undefined): boolean {
  if (!row) return false
  return size === undefined ? row.state === 'swept' : isStored(row) && row.size === size
}

/** The one difference between a row and the current object of its key, if there is any. */
export function compare(row: BlobRow | undefined, object: SeenObject | undefined): Verdict | undefined {
  if (object?.sha256 !== undefined && (object.readSha256 ?? object.sha256) !== object.sha256)
    return { class: 'damaged', reason: 'its bytes do not have the SHA-256 that was stored with them' }
  if (row?.state === 'sweeping') return { class: 'sweeping', reason: 'its row is being swept' }
  if (!object) return row && isStored(row) ? lost(row) : undefined
  if (object.sha256 === undefined) return notOurs(row)
  if (!row) return { class: 'unindexed', reason: 'the object has no row' }
  if (row.size !== object.size) return altered(`${object.size} bytes in the bucket, ${row.size} in its row`)
  if (row.sha256 !== object.sha256) return altered('another SHA-256 in the bucket than in its row')
  if (row.state === 'swept') return { class: 'returned', reason: 'its row is swept, its object is there' }
  if (row.versionId !== object.versionId)
    return { class: 'reversioned', reason: 'the same bytes, another version than in its row' }
  return undefined
}

function isStored({ state }: BlobRow): boolean {
  return state === 'archived' || state === 'condemned'
}

function lost({ state }: BlobRow): Verdict {
  return { class: 'lost', reason: `its row is ${state}, the bucket has no current object` }
}

function notOurs(row: BlobRow | undefined): Verdict {
  const reason = 'the object was not archived by nice-blobs'
  return { class: row && isStored(row) ? 'altered' : 'foreign', reason }
}

function altered(reason: string): Verdict {
  return { class: 'altered', reason }
}
