import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { inParallel } from './in-parallel.ts'
import { allShards } from './model/blob-row.ts'
import { partKey } from './model/key.ts'
import { type Manifest, RECORD_BYTES } from './model/live-report.ts'
import type { BlobBucket, BlobBytes, BlobFacts } from './ports.ts'
import { mergeRuns } from './records/merge-runs.ts'
import type { Run, Runs } from './records/runs.ts'
import { readChunks, writeWhole } from './records/scratch-file.ts'
import { swapRecords } from './records/words.ts'
import { requireSameObject } from './verify-object.ts'

/** Parts at a time. */
const JOBS = 4

interface Destination {
  readonly bucket: BlobBucket
  readonly database: string
  readonly report: string
}

/** Merges and stores the parts of a report; answers what the manifest says of them. Ends with an error when it is aborted. */
export async function sendParts(
  file: FileHandle,
  { runs, size }: Runs,
  { bucket, database, report }: Destination,
  signal?: AbortSignal,
): Promise<Manifest['parts']> {
  const sent: Manifest['parts'] = []
  let free = size
  const send = async (shard: number) => {
    const from = free
    free += bytesOf(runs, shard)
    const { sha256, written } = await writePart(file, runs, shard, from)
    const facts = { size: written, sha256, contentType: 'application/octet-stream' }
    const open = () => (written === 0 ? Buffer.alloc(0) : streamOf(file, from, written))
    await putOnce(bucket, partKey(database, report, shard), facts, { open }, signal)
    sent[shard] = { revisions: written / RECORD_BYTES, sha256 }
  }
  await inParallel(allShards(), JOBS, send, signal)
  signal?.throwIfAborted()
  return sent
}

/** No more than so many, before doubles are left out. */
function bytesOf(runs: readonly Run[], shard: number): number {
  return runs.reduce((sum, { starts }) => sum + (starts[shard + 1] ?? 0) - (starts[shard] ?? 0), 0)
}

async function writePart(
  file: FileHandle,
  runs: readonly Run[],
  shard: number,
  from: number,
): Promise<{ sha256: string; written: number }> {
  const hash = createHash('sha256')
  let written = 0
  for (const batch of mergeRuns(file.fd, runs, shard)) {
    const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength)
    swapRecords(bytes)
    hash.update(bytes)
    await writeWhole(file, bytes, from + written)
    written += bytes.length
  }
  return { sha256: hash.digest('hex'), written }
}

function streamOf(file: FileHandle, from: number, size: number): Readable {
  return Readable.from(readChunks(file, from, size), { objectMode: false })
}

export async function putBytes(
  bucket: BlobBucket,
  key: string,
  content: Buffer,
  contentType: string,
): Promise<void> {
  const sha256 = createHash('sha256').update(content).digest('hex')
  await putOnce(bucket, key, { size: content.length, sha256, contentType }, { open: () => content })
}

/** What is there already was stored by a first attempt whose answer was lost: nobody else has this report's name. */
async function putOnce(
  bucket: BlobBucket,
  key: string,
  facts: BlobFacts,
  bytes: BlobBytes,
  signal?: AbortSignal,
): Promise<void> {
  const put = await bucket.put(key, facts, bytes, signal)
  if (put.outcome === 'stored' && put.vouched) return
  await requireSameObject(bucket, key, facts)
}
