import { createCache } from '../../client/read/cache/cache.ts'
import { keepReadLately } from '../../client/read/keep-near.ts'
import { type Archive, archiveBlob } from '../../core/archive.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { AT_ONCE, archiveVolume, EVERYTHING } from '../flows/setting.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import type { KnownBlob } from './known-blobs.ts'

/**
 * Releases what is in a volume and keeps near what was read lately, as the agent does, from a bucket that has everything:
 * `node release-child.ts <order as JSON>`. Failpoints end it.
 */

export interface ReleaseOrder {
  volume: string
  /** Where the blobs are that were archived. */
  origin: string
  cache: string
  refs: readonly KnownBlob['ref'][]
}

/** Answers what went wrong. */
export async function releaseAll({
  volume,
  origin,
  cache: directory,
  refs,
}: ReleaseOrder): Promise<unknown[]> {
  const bucket = createMemoryBucket()
  bucket.replicate('completed')
  const archive: Archive = { database: 'main', bucket, index: createMemoryIndex(), now: Date.now }
  for (const ref of refs) await archiveBlob(archive, ref, openVolume(origin).pathOf(ref))
  const troubles: unknown[] = []
  const cache = createCache({ directory, limit: 10 ** 9, inUse: 0 }, 'some-bucket', 'main')
  const { errors } = await archiveVolume(archive, openVolume(volume), {
    policy: { ...EVERYTHING, allowEmpty: true },
    release: { ...AT_ONCE, replicated: true },
    keepNear: keepReadLately(cache, trouble => troubles.push(trouble)),
  })
  cache.close()
  return [...errors, ...troubles]
}

if (import.meta.main) {
  const [, , order = ''] = process.argv
  const troubles = await releaseAll(JSON.parse(order))
  if (troubles.length > 0) throw new AggregateError(troubles)
}
