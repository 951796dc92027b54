import { createHash } from 'node:crypto'
import { createBlobs } from '../../client/read/blobs.ts'
import { createCache } from '../../client/read/cache/cache.ts'
import { createRetry } from '../../core/aws/retry.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { inParallel } from '../../core/in-parallel.ts'
import { BlobUnavailable, NiceBlobsError } from '../../core/model/errors.ts'
import type { Ref } from '../../core/model/ref.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION } from '../../sandbox/s3/server.ts'
import { refNumber } from '../flows/setting.ts'
import type { SpoiledServer } from './spoiled-server.ts'

/** A process that reads blobs through the spoiled network and counts what came of it; hundreds of files a second are too much for the test runner's own process, which follows every promise. */

export interface SpoiledWork extends SpoiledServer {
  cache: string
  reads: number
}

export interface SpoiledOutcome {
  outcomes: Record<string, number>
  /** What must never happen. */
  wrong: string[]
}

const AT_A_TIME = 32
/** Every so many reads ask for a blob that is not there. */
const ABSENT_EVERY = 50
/** Shorter than in life, since stalls are what we wait for; a false alarm could only be an outage more. */
const TIME_OUTS = { connectionTimeout: 3_000, socketTimeout: 1_000 }

const { endpoint, blobs, cache, reads }: SpoiledWork = JSON.parse(process.argv[2] ?? '')
process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey
const config = {
  name: 'spoiled',
  region: SANDBOX_REGION,
  endpoint,
  pathStyle: true,
  checksums: 'server' as const,
}
const retry = createRetry({ attempts: 5, firstWait: 10, longestWait: 100 })
const reader = createBlobs({
  database: 'main',
  volumes: [],
  // Room for hardly anything, so that reads are downloads.
  cache: createCache({ directory: cache, limit: 100_000, inUse: 0 }, 'some-bucket', 'main'),
  bucket: createS3Bucket(config, createS3Client(config, TIME_OUTS), retry),
})

const outcomes: Record<string, number> = {}
const wrong: string[] = []

async function read(number: number): Promise<string> {
  const absent = number % ABSENT_EVERY === 0
  const blob = blobs[Math.floor(Math.random() * blobs.length)]
  const ref: Ref = absent || !blob ? refNumber(1_000_000 + number) : blob
  try {
    const hash = createHash('sha256')
    for await (const chunk of await reader.stream(ref)) hash.update(chunk)
    if (hash.digest('hex') === blob?.sha256 && !absent) return 'right'
    wrong.push(`${number}: wrong bytes`)
  } catch (error) {
    if (!(error instanceof NiceBlobsError)) throw error
    const outage = error instanceof BlobUnavailable || error.code === 'BLOB_DAMAGED'
    if (!outage && !(absent && error.code === 'BLOB_MISSING')) wrong.push(`${number}: ${error.code}`)
    return error.code
  }
  return 'wrong'
}

await inParallel(Array(reads).keys(), AT_A_TIME, async number => {
  const outcome = await read(number)
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
})
process.send?.({ outcomes, wrong } satisfies SpoiledOutcome, () => process.exit(0))
