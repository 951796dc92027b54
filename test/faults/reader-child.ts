import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type Blobs, createBlobs } from '../../client/read/blobs.ts'
import { createCache } from '../../client/read/cache/cache.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import type { BucketConfig } from '../../core/model/config.ts'
import type { Ref } from '../../core/model/ref.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { openFilesBelow } from '../flows/open-files.ts'

/** A process that reads blobs at random when it is told to, and tells what it read and what went wrong. */

export interface ReaderWork {
  bucket: BucketConfig
  volume: string
  cache: { directory: string; limit: number; inUse: number }
  /** Every blob once in an order of its own, or at random: until told that it is enough, and so many more. */
  reads: 'all' | number
  blobs: (Ref & { sha256: string })[]
}

export interface ReaderReport {
  reads: number
  failures: string[]
  /** Reads that had to get around the cache. */
  troubles: string[]
  /** The files of ledgers that it has open; one that somebody deleted is named so. */
  ledgers: string[]
}

const work: ReaderWork = JSON.parse(process.argv[2] ?? '')
const troubles: string[] = []
const blobs = createBlobs({
  database: 'main',
  volumes: [openVolume(work.volume)],
  cache: createCache(work.cache, 'some-bucket', 'main'),
  bucket: createS3Bucket(work.bucket),
  tell: trouble => troubles.push(String(trouble)),
})
const remembered = new Map<string, string>()

async function readOnce(reader: Blobs, blob: ReaderWork['blobs'][number]): Promise<string | undefined> {
  const file = await reader.open(blob)
  const sha256 = createHash('sha256')
    .update(await file.readFile())
    .digest('hex')
  await file.close()
  return sha256 === blob.sha256 ? undefined : 'wrong bytes'
}

/** What a process does that remembers a path for hours: whatever is under it, is the blob (I12). */
async function readRemembered(reader: Blobs, blob: ReaderWork['blobs'][number]): Promise<string | undefined> {
  const before = remembered.get(blob.oid + blob.tid)
  const path = before ?? (await reader.path(blob))
  remembered.set(blob.oid + blob.tid, path)
  if (before !== undefined && (await reader.path(blob)) !== before) return 'another path'
  try {
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
    return sha256 === blob.sha256 ? undefined : 'wrong bytes under a remembered path'
  } catch (error) {
    // Evicted or released again since it was asked for, as this cache spares hardly anything.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : String(error)
  }
}

let enough = false

function* chosen(): Generator<ReaderWork['blobs'][number] | undefined> {
  if (work.reads === 'all') yield* work.blobs.toSorted(() => Math.random() - 0.5)
  const atRandom = () => work.blobs[Math.floor(Math.random() * work.blobs.length)]
  if (work.reads !== 'all') while (!enough) yield atRandom()
  for (let left = work.reads; left !== 'all' && left > 0; left -= 1) yield atRandom()
}

async function run(): Promise<ReaderReport> {
  const failures: string[] = []
  let reads = 0
  for (const blob of chosen()) {
    if (!blob) continue
    reads += 1
    const read = work.reads !== 'all' && reads % 5 === 0 ? readRemembered : readOnce
    const failure = await read(blobs, blob).catch(error => `${error.code}: ${error.message}`)
    if (failure) failures.push(failure)
  }
  return { reads, failures, troubles, ledgers: openLedgers() }
}

function openLedgers(): string[] {
  return openFilesBelow(work.cache.directory).filter(path =>
    /\.ledger\.sqlite\.[0-9a-f-]{36}( |$)/.test(path),
  )
}

/** All begin at the same moment. */
async function waitUntil(time: number): Promise<void> {
  await delay(Math.max(0, time - Date.now() - 20))
  while (Date.now() < time);
}

process.on('message', message => {
  if (message === 'enough') enough = true
  else
    void waitUntil(Number(message))
      .then(run)
      .then(report => process.send?.(report, () => process.disconnect()))
})
process.send?.('ready')
