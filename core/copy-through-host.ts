import { Readable } from 'node:stream'
import type { BlobBucket, BlobCopies, PredecessorBlob, PredecessorBucket } from './ports.ts'
import { sourceChanged } from './source-changed.ts'

/** Where the bucket cannot reach a predecessor’s objects: they are read again here, and put. */
export function createCopiesThroughHost(
  predecessor: Pick<PredecessorBucket, 'open'>,
  bucket: Pick<BlobBucket, 'put'>,
): BlobCopies {
  return {
    copy(blob, target, facts, signal) {
      const open = () =>
        blob.content ?? Readable.from(readAgain(predecessor, blob, signal), { objectMode: false })
      return bucket.put(target, facts, { open }, signal)
    },
  }
}

async function* readAgain(
  predecessor: Pick<PredecessorBucket, 'open'>,
  { key, etag }: PredecessorBlob,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const found = await predecessor.open(key, etag, signal)
  if (!found) throw sourceChanged(key)
  yield* found.body
}
