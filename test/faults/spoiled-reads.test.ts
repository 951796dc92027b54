import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createBlobs } from '../../client/read/blobs.ts'
import { createCache } from '../../client/read/cache/cache.ts'
import { createRetry } from '../../core/aws/retry.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { inParallel } from '../../core/in-parallel.ts'
import { BlobUnavailable, NiceBlobsError } from '../../core/model/errors.ts'
import type { Ref } from '../../core/model/ref.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION } from '../../sandbox/s3/server.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { bound } from './bounds.ts'
import type { SpoiledCounts, SpoiledServer } from './spoiled-server.ts'

const READS = bound(100_000, 1_000_000)
const SHARE = 0.2
const SEED = process.env.BLOBS_TEST_SEED ?? '20261122'
const AT_A_TIME = 64
/** Every so many reads ask for a blob that is not there. */
const ABSENT_EVERY = 50
const SERVER = fileURLToPath(new URL('spoiled-server.ts', import.meta.url))
/** Shorter than in life, since stalls are what we wait for; a false alarm could only be an outage more. */
const TIME_OUTS = { connectionTimeout: 3_000, socketTimeout: 500 }

async function readSha256(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of bytes) hash.update(chunk)
  return hash.digest('hex')
}

describe('reading through a network that spoils every fifth exchange', () => {
  it(`gives right bytes or a typed error, ${READS} times (I2, I11)`, async test => {
    const server = fork(SERVER, [SEED, String(SHARE)])
    test.after(() => server.kill('SIGKILL'))
    const [{ endpoint, blobs }] = (await once(server, 'message')) as [SpoiledServer]
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
    const bucket = createS3Bucket(config, createS3Client(config, TIME_OUTS), retry)
    // Room for hardly anything, so that reads are downloads.
    const directory = join(scratch(test), 'cache')
    const cache = createCache({ directory, limit: 100_000, inUse: 0 }, 'main')
    const reader = createBlobs({ database: 'main', volumes: [], cache, bucket })

    const outcomes: Record<string, number> = {}
    const wrong: string[] = []
    const read = async (number: number): Promise<string> => {
      const absent = number % ABSENT_EVERY === 0
      const blob = blobs[Math.floor(Math.random() * blobs.length)]
      const ref: Ref = absent || !blob ? refNumber(1_000_000 + number) : blob
      try {
        const stream = await reader.stream(ref)
        if ((await readSha256(stream)) === blob?.sha256 && !absent) return 'right'
        wrong.push(`${number}: wrong bytes`)
      } catch (error) {
        if (!(error instanceof NiceBlobsError)) throw error
        const outage = error instanceof BlobUnavailable || error.code === 'BLOB_DAMAGED'
        if (!outage && !(absent && error.code === 'BLOB_MISSING')) wrong.push(`${number}: ${error.code}`)
        return error.code
      }
      return 'wrong'
    }
    const count = async (number: number) => {
      const outcome = await read(number)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    await inParallel(Array(READS).keys(), AT_A_TIME, count)

    server.send('done')
    const [{ exchanges, faults }] = (await once(server, 'message')) as [SpoiledCounts]
    const made = Object.values(faults).reduce((sum, faults) => sum + faults)
    console.log(`seed ${SEED}: ${READS} reads, ${exchanges} exchanges, ${made} spoiled`)
    console.log(JSON.stringify(outcomes), JSON.stringify(faults))
    assert.deepEqual(wrong, [])
    assert.ok(made > READS / 20 && Object.values(faults).filter(faults => faults > 0).length > 10)
    assert.ok((outcomes.right ?? 0) > READS * 0.9, 'an attempt more gets most of them through')
    assert.deepEqual(readdirSync(join(directory, 'v1/.incoming')), [])
  })
})
