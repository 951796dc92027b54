import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { formatRef, makeRef, type Ref } from '../../core/model/ref.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { receiveBlob } from '../../core/receive.ts'
import type { Volume } from '../../core/volume/volume.ts'
import type { Cache } from './cache.ts'
import { createSingleFlight } from './single-flight.ts'
import { type Located, locate, type Tier, unreadable } from './tier.ts'

/** The blobs of one database, as local files. */
export interface Blobs {
  /**
   * The path of a blob, fetched into the cache if it is on no local tier, and which tier had it. Throws BlobMissing when
   * there is no such blob, BlobUnavailable when nobody can tell (I11).
   */
  locate(ref: Ref): Promise<Located>
  path(ref: Ref): Promise<string>
  /** Opened for reading; the caller closes it. */
  open(ref: Ref): Promise<FileHandle>
}

export interface BlobsParts {
  database: string
  volumes: readonly Volume[]
  cache: Cache
  bucket: BlobBucket
}

/** Volume, then cache, then bucket, each blob fetched once however many ask for it at the same time. */
export function createBlobs({ database, volumes, cache, bucket }: BlobsParts): Blobs {
  const tiers: Tier[] = [...volumes.map(({ pathOf }) => ({ name: 'volume' as const, pathOf })), cache]
  const once = createSingleFlight<Located>()

  async function locateOrFetch({ oid, tid }: Ref): Promise<Located> {
    const ref = makeRef(oid, tid)
    return locate(tiers, ref) ?? once(formatRef(ref), () => fetchBlob(ref))
  }

  async function fetchBlob(ref: Ref): Promise<Located> {
    const destination = cache.destinationOf(ref)
    await receiveBlob(bucket, database, ref, destination)
    return { path: destination.path, tier: 'bucket' }
  }

  async function openBlob(ref: Ref): Promise<FileHandle> {
    const opened = await openFile((await locateOrFetch(ref)).path)
    // Released or evicted between the two calls: it is on the next tier now.
    return opened ?? (await openFile((await locateOrFetch(ref)).path)) ?? goneTwice(ref)
  }

  return { locate: locateOrFetch, path: async ref => (await locateOrFetch(ref)).path, open: openBlob }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(path, (error as Error).message, error)
  }
}

function goneTwice(ref: Ref): never {
  throw unreadable(formatRef(ref), 'it vanishes as often as it is found')
}
