import type { FileHandle } from 'node:fs/promises'
import { PARTS, RECORD_BYTES } from '../model/record.ts'
import type { HexId } from '../model/ref.ts'
import { writeWhole } from './scratch-file.ts'
import { sortRecords } from './sort-records.ts'
import { compareRecords, readRef, shardOfRecord, swapRecords, WORDS, wordAt } from './words.ts'

/** Four megabytes of records, and as many to sort them. */
const RUN = 2 ** 18

/** Records that were sorted together: those of a shard stand in the file from `starts[shard]` to `starts[shard + 1]`, in bytes. */
export interface Run {
  readonly starts: readonly number[]
}

export interface Runs {
  readonly runs: readonly Run[]
  /** Bytes of the file. */
  readonly size: number
  /** The largest tid; undefined where nothing came. */
  readonly horizon: HexId | undefined
}

/** Writes records that come in any order to a file, in sorted runs without doubles; in constant memory. */
export async function writeRuns(
  file: FileHandle,
  batches: AsyncIterable<Uint32Array>,
  run = RUN,
): Promise<Runs> {
  const [room, spare] = [new Uint32Array(run * WORDS), new Uint32Array(run * WORDS)]
  const runs: Run[] = []
  const latest = new Uint32Array(WORDS)
  let [filled, size] = [0, 0]
  const flush = async () => {
    const sorted = sortRecords(room.subarray(0, filled), spare.subarray(0, filled))
    const unique = dropDoubles(sorted)
    raise(latest, unique)
    const starts = startsOf(unique, size)
    const bytes = Buffer.from(unique.buffer, unique.byteOffset, unique.byteLength)
    swapRecords(bytes)
    await writeWhole(file, bytes, size)
    runs.push({ starts })
    size += bytes.length
    filled = 0
  }
  for await (const batch of batches)
    for (let taken = 0; taken < batch.length; ) {
      const part = batch.subarray(taken, taken + room.length - filled)
      room.set(part, filled)
      filled += part.length
      taken += part.length
      if (filled === room.length) await flush()
    }
  if (filled > 0) await flush()
  return { runs, size, horizon: runs.length > 0 ? readRef(latest, 0).tid : undefined }
}

/** In place. */
function dropDoubles(sorted: Uint32Array): Uint32Array {
  let kept = 0
  for (let at = 0; at < sorted.length; at += WORDS) {
    if (kept > 0 && compareRecords(sorted, kept - WORDS, sorted, at) === 0) continue
    sorted.copyWithin(kept, at, at + WORDS)
    kept += WORDS
  }
  return sorted.subarray(0, kept)
}

/** Keeps the largest tid in the last two words of `latest`. */
function raise(latest: Uint32Array, records: Uint32Array): void {
  for (let at = 2; at < records.length; at += WORDS) {
    const difference = wordAt(records, at) - wordAt(latest, 2)
    if (difference > 0 || (difference === 0 && wordAt(records, at + 1) > wordAt(latest, 3)))
      latest.set(records.subarray(at, at + 2), 2)
  }
}

function startsOf(sorted: Uint32Array, position: number): number[] {
  const starts: number[] = []
  for (let at = 0; at < sorted.length; at += WORDS) {
    const shard = shardOfRecord(sorted, at)
    while (starts.length <= shard) starts.push(position + (at / WORDS) * RECORD_BYTES)
  }
  while (starts.length <= PARTS) starts.push(position + (sorted.length / WORDS) * RECORD_BYTES)
  return starts
}
