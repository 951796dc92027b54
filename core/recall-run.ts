import { inParallel } from './in-parallel.ts'
import { blobPrefix, parseBlobKey } from './model/key.ts'
import type { Ref } from './model/ref.ts'
import { type Origin, type RecallOptions, recallBlob } from './recall.ts'
import { attempt, createTallies, type RunEvents, type RunSummary } from './run.ts'
import { requireOwned, type Volume } from './volume/volume.ts'

export interface Recallable {
  ref: Ref
  size: number
}

/** Every blob of a database, read from the bucket, which is the truth even when the index is lost (I10). */
export async function* listBlobs({ bucket, database }: Origin): AsyncGenerator<Recallable> {
  for await (const { key, size } of bucket.list(blobPrefix(database))) {
    const parsed = parseBlobKey(key)
    if (parsed) yield { ref: parsed.ref, size }
  }
}

export async function runRecall(
  origin: Origin,
  volume: Volume,
  blobs: AsyncIterable<Recallable> | Iterable<Recallable>,
  options: RecallOptions & { jobs: number },
  events: RunEvents,
): Promise<RunSummary> {
  requireOwned(volume)
  const tallies = createTallies(events)
  const one = (blob: Recallable) =>
    attempt(tallies, options.signal, async () => {
      tallies.blob(blob.ref, blob.size, await recallBlob(origin, volume, blob, options))
    })
  await inParallel(blobs, options.jobs, one, options.signal)
  return tallies.summary
}
