import { inParallel } from './in-parallel.ts'
import type { Tally } from './model/archive-policy.ts'
import { NiceBlobsError } from './model/errors.ts'
import { blobPrefix, parseBlobKey } from './model/key.ts'
import type { Ref } from './model/ref.ts'
import { type Origin, type RecallOptions, recallBlob } from './recall.ts'
import { attempt, type RunEvents } from './run.ts'
import { removeStaleIncoming } from './volume/incoming.ts'
import { markLayout } from './volume/mark-layout.ts'
import { requireOwned, requireOwnUser, type Volume } from './volume/volume.ts'

export interface Recallable {
  ref: Ref
  size: number
}

/**
 * Every blob of a database, read from the bucket, which is the truth even when the index is lost (I10). A key in its
 * place that is none of ours is told as an error.
 */
export async function* listBlobs(
  { bucket, database }: Origin,
  tell: (error: NiceBlobsError) => void,
): AsyncGenerator<Recallable> {
  for await (const { key, size } of bucket.list(blobPrefix(database))) {
    const parsed = parseBlobKey(key)
    if (parsed) yield { ref: parsed.ref, size }
    else tell(foreignKey(key))
  }
}

function foreignKey(key: string): NiceBlobsError {
  return new NiceBlobsError('BLOB_CONFLICT', 'an object that is no blob stands among the blobs', {
    subject: key,
    hint: 'it is left alone; somebody else writes into this prefix',
  })
}

/** `total`, when it comes, is only for telling how far the run is: counting must not hold the run up. */
export async function runRecall(
  origin: Origin,
  volume: Volume,
  blobs: AsyncIterable<Recallable> | Iterable<Recallable>,
  options: RecallOptions & { jobs: number; total?: Promise<Tally> },
  events: RunEvents,
): Promise<void> {
  // Whatever keeps the count from being made keeps the run from working too, which then tells it.
  options.total?.then(events.planned, () => {})
  requireOwned(volume)
  requireOwnUser(volume)
  await markLayout(volume)
  await removeStaleIncoming(volume)
  const one = (blob: Recallable) =>
    attempt(events, blob.size, options.signal, async () => {
      events.blob(blob.ref, blob.size, await recallBlob(origin, volume, blob, options))
    })
  await inParallel(blobs, options.jobs, one, options.signal)
}

export async function countBlobs(origin: Origin, signal: AbortSignal): Promise<Tally> {
  const tally = { blobs: 0, bytes: 0 }
  for await (const { size } of listBlobs(origin, () => {})) {
    if (signal.aborted) break
    tally.blobs += 1
    tally.bytes += size
  }
  return tally
}
