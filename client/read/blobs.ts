import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { BlobMissing, NiceBlobsError } from '../../core/model/errors.ts'
import { formatRef, makeRef, type Ref } from '../../core/model/ref.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { type Destination, getBlob, receiveBlob } from '../../core/receive.ts'
import { requireThere, type Volume } from '../../core/volume/volume.ts'
import type { Cache, Stay } from './cache/cache.ts'
import { type Found, type Located, locate, unreadable } from './locate.ts'
import { openUncached } from './open-uncached.ts'
import { createSingleFlight } from './single-flight.ts'

/**
 * The blobs of one database, as local files. Everything here throws BlobMissing when there is no such blob, and
 * BlobUnavailable when nobody can tell (I11).
 */
export interface Blobs {
  /**
   * The path of a blob and which tier had it; a blob that is on no local tier is fetched into the cache. The path of a
   * ref never changes (I12). What it leads to in the cache stays for a minute at least after it was asked for; a file of
   * the volume until its release.
   */
  locate(ref: Ref): Promise<Located>
  path(ref: Ref): Promise<string>
  /** Opened for reading; the caller closes it. Works without a cache, as long as some disk takes the blob. */
  open(ref: Ref): Promise<FileHandle>
  /** The bytes. Works without any disk; where it has to, the end comes only when all bytes are verified. */
  stream(ref: Ref): Promise<Readable>
  /** Gives back what is open between two reads; a later read opens it again. Opened blobs stay open. */
  close(): void
}

export interface BlobsParts {
  database: string
  volumes: readonly Volume[]
  cache: Cache
  bucket: BlobBucket
  /** Told of trouble with the cache that a read has got around. */
  tell?: (trouble: unknown) => void
}

const TRIES = 4

/** Volume, then cache, then bucket, each blob fetched once however many ask for it at the same time. */
export function createBlobs({ database, volumes, cache, bucket, tell = () => {} }: BlobsParts): Blobs {
  const once = createSingleFlight<FileHandle | undefined>()
  const here = (ref: Ref) => locate(cache, volumes, ref, tell)
  /** The bucket's "missing" counts only while the volumes can tell that they have not got it either. */
  const fromBucket = async <T>(get: () => Promise<T>): Promise<T> => {
    try {
      return await get()
    } catch (error) {
      if (error instanceof BlobMissing) volumes.forEach(requireThere)
      throw error
    }
  }
  const receive = (ref: Ref) => (destination: Destination) =>
    fromBucket(() => receiveBlob(bucket, database, ref, destination))
  const fetch = (ref: Ref, stay: Stay) => cache.receive(ref, stay, receive(ref))

  async function locateOrFetch(given: Ref): Promise<Located> {
    const ref = makeRef(given.oid, given.tid)
    const found = here(ref)
    if (found) return { path: found.path, tier: found.tier }
    await once(`path ${formatRef(ref)}`, () => fetch(ref, 'must stay'))
    return { path: cache.pathOf(ref), tier: 'bucket' }
  }

  async function openBlob(given: Ref): Promise<FileHandle> {
    const ref = makeRef(given.oid, given.tid)
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const found = here(ref)
      const opened = found ? await openFound(found, ref) : await openFetched(ref)
      // Released or evicted between the two calls, or fetched by somebody else: it is on the next tier now.
      if (opened) return opened
    }
    return openAlone(ref)
  }

  /** A cached file that cannot be opened is the cache's trouble, not the reader's (I7). */
  async function openFound({ file, tier }: Found, ref: Ref): Promise<FileHandle | undefined> {
    try {
      return await openFile(file)
    } catch (error) {
      if (tier !== 'cache') throw error
      tell(error)
      return openAlone(ref)
    }
  }

  /** A file that only passes is whoever's had it fetched; the others look again. */
  async function openFetched(ref: Ref): Promise<FileHandle | undefined> {
    try {
      let own: FileHandle | undefined
      await once(`open ${formatRef(ref)}`, async () => (own = await fetch(ref, 'may pass')))
      return own
    } catch (error) {
      if (!isOfTheCache(error)) throw error
      tell(error)
      return openUncached(receive(ref))
    }
  }

  /** A cache so small that it loses blobs as fast as they come, is no use to this read. */
  async function openAlone(ref: Ref): Promise<FileHandle> {
    const opened = await openUncached(receive(ref)).catch((error: unknown) => {
      throw error instanceof BlobMissing ? restless(ref, error) : error
    })
    return opened ?? restless(ref)
  }

  async function streamBlob(given: Ref): Promise<Readable> {
    try {
      return withErrorsOfOurs((await openBlob(given)).createReadStream(), formatRef(given))
    } catch (error) {
      if (!isOfTheCache(error)) throw error
      const { body } = await fromBucket(() => getBlob(bucket, database, makeRef(given.oid, given.tid)))
      return Readable.from(body, { objectMode: false })
    }
  }

  return {
    locate: locateOrFetch,
    path: async ref => (await locateOrFetch(ref)).path,
    open: openBlob,
    stream: streamBlob,
    close: cache.close,
  }
}

function restless(ref: Ref, cause?: unknown): never {
  throw unreadable(formatRef(ref), 'it vanishes as often as it is found', cause)
}

/** A disk that fails in the middle of a stream fails like any other (I11). */
function withErrorsOfOurs(stream: Readable, subject: string): Readable {
  const destroy = stream._destroy.bind(stream)
  stream._destroy = (error, done) => destroy(error && unreadable(subject, error.message, error), done)
  return stream
}

/** Trouble that a read gets around (I7). */
export function isOfTheCache(error: unknown): boolean {
  return (
    error instanceof NiceBlobsError && (error.code === 'CACHE_UNUSABLE' || error.code === 'CACHE_NOT_OURS')
  )
}

/** Undefined for none. */
export async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(path, (error as Error).message, error)
  }
}
