import { lstatSync } from 'node:fs'
import { describeBeginning } from '../../core/beginning.ts'
import { SNIFFED_BYTES } from '../../core/content-type.ts'
import type { Content } from '../../core/model/disposition.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import type { BlobBeginnings, BlobBucket } from '../../core/ports.ts'
import { missing } from '../../core/receive.ts'
import { requireThere, type Volume } from '../../core/volume/volume.ts'
import { unreadable } from '../read/locate.ts'
import { createSingleFlight } from '../read/single-flight.ts'
import { createBoundedMemo } from './bounded-memo.ts'
import { createInTurn } from './in-turn.ts'

/** How long a blob may be taken for not archived without a new question, in milliseconds. */
const NOT_YET = 60_000
const REMEMBERED = 50_000
/** Questions at a time: the requests of a large page would time out while they wait for a connection. */
const MOST_QUESTIONS = 32

/**
 * What is known of which blobs are archived: that they are is remembered, since archived blobs stay. Throws BlobMissing
 * when neither volume nor bucket has the blob, and BlobUnavailable when nobody can tell (I11).
 */
export interface Archived {
  has(ref: Ref): Promise<boolean>
  /** What an archived blob's beginning tells; undefined for one that is not archived yet. */
  look(ref: Ref): Promise<Content | undefined>
}

export interface ArchivedParts {
  database: string
  volumes: readonly Volume[]
  bucket: Pick<BlobBucket, 'head'>
  beginnings: BlobBeginnings
  now(): number
}

export function createArchived({ database, volumes, bucket, beginnings, now }: ArchivedParts): Archived {
  const owned = volumes.filter(({ layout }) => layout.owned)
  const known = createBoundedMemo<true>(REMEMBERED)
  const looked = createBoundedMemo<Content>(REMEMBERED)
  const notYet = createBoundedMemo<number>(REMEMBERED)
  const asking = createSingleFlight<boolean>()
  const reading = createSingleFlight<Content | undefined>()
  const inTurn = createInTurn(MOST_QUESTIONS)

  /**
   * What becomes of a blob that the bucket has not got. Whether it was in a volume is looked at before the bucket is
   * asked, as a reader does: archived and released meanwhile, it would be in neither.
   */
  function takeForNotYet(ref: Ref, wasInVolume: boolean): void {
    if (!wasInVolume) {
      volumes.forEach(requireThere)
      throw missing(ref, blobKey(database, ref))
    }
    notYet.set(formatRef(ref), now())
  }

  function isNotYet(name: string): boolean {
    const age = now() - (notYet.get(name) ?? Number.NEGATIVE_INFINITY)
    return age >= 0 && age < NOT_YET
  }

  /** What is in none of this host's volumes can only be in the bucket; a host without any of its own cannot know. */
  function needsNoQuestion(ref: Ref): boolean {
    return owned.length > 0 && !isInVolume(volumes, ref) && owned.every(isThere)
  }

  async function ask(ref: Ref): Promise<boolean> {
    const wasInVolume = isInVolume(volumes, ref)
    const stored = await bucket.head(blobKey(database, ref))
    if (stored) known.set(formatRef(ref), true)
    else takeForNotYet(ref, wasInVolume)
    return stored !== undefined
  }

  async function read(ref: Ref): Promise<Content | undefined> {
    const wasInVolume = isInVolume(volumes, ref)
    const found = await beginnings.read(blobKey(database, ref), SNIFFED_BYTES)
    const content = found && (await describeBeginning(found.bytes, found.stored.contentType))
    if (content) looked.set(formatRef(ref), content)
    else takeForNotYet(ref, wasInVolume)
    return content
  }

  return {
    async has(ref) {
      const name = formatRef(ref)
      if (known.get(name) || looked.get(name) || needsNoQuestion(ref)) return true
      return !isNotYet(name) && asking(name, () => inTurn(() => ask(ref)))
    },
    async look(ref) {
      const name = formatRef(ref)
      const content = looked.get(name)
      return content || isNotYet(name) ? content : reading(name, () => inTurn(() => read(ref)))
    },
  }
}

function isInVolume(volumes: readonly Volume[], ref: Ref): boolean {
  return volumes.some(volume => {
    const path = volume.pathOf(ref)
    try {
      return lstatSync(path, { throwIfNoEntry: false }) !== undefined
    } catch (error) {
      throw unreadable(path, (error as Error).message, error)
    }
  })
}

function isThere(volume: Volume): boolean {
  try {
    requireThere(volume)
    return true
  } catch {
    return false
  }
}
