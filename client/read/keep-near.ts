import { NiceBlobsError } from '../../core/model/errors.ts'
import { wasReadLately } from '../../core/model/read-lately.ts'
import { formatRef } from '../../core/model/ref.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { receiveBlob } from '../../core/receive.ts'
import type { KeepNear } from '../../core/release.ts'
import type { Source } from '../../core/volume/source.ts'
import type { Cache } from './cache/cache.ts'

/** In bytes. Packs and undos wait for the end of a release, and none may take longer than its announcement holds. */
const LARGEST = 2 ** 30

/**
 * Has what was read lately copied into this host's cache before a release deletes it, so that its readers do not notice
 * (docs/decisions/0020-what-was-read-lately-stays-near.md). Trouble with that is told, and keeps nothing from its
 * release (I7). The cache has to be that of the volume's database.
 */
export function keepReadLately(cache: Cache, tell: (trouble: unknown) => void): KeepNear {
  return async (source, row) => {
    const { size } = source.facts
    if (size > LARGEST || !wasReadLately(source.times, Date.now())) return
    try {
      await cache.offer(row, size, destination =>
        receiveBlob(bucketOf(source), row.database, row, destination),
      )
    } catch (error) {
      tell(isDamaged(error) ? changed(formatRef(row), error) : error)
    }
  }
}

/** An open file as what a blob is received from, so that its bytes are verified like those of any other arrival (I2). */
function bucketOf({ facts, bytes }: Source): Pick<BlobBucket, 'get'> {
  const stored = { ...facts, versionId: undefined, lastModified: 0, vouched: false }
  return { get: async () => ({ stored, body: partsOf(bytes.open()) }) }
}

async function* partsOf(opened: Buffer | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (Buffer.isBuffer(opened)) yield opened
  else yield* opened
}

function isDamaged(error: unknown): boolean {
  return error instanceof NiceBlobsError && error.code === 'BLOB_DAMAGED'
}

/** The object is as it should be; it is the file that is not. */
function changed(subject: string, cause: unknown): NiceBlobsError {
  return new NiceBlobsError('SOURCE_CHANGED', 'the file changed while it was copied into the cache', {
    subject,
    hint: 'nothing was kept of the copy; the bucket has the blob, and the volume’s disk may be failing',
    cause,
  })
}
