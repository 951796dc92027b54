import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { BlobUnavailable, NiceBlobsError } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { receiveBlob } from '../../core/receive.ts'
import { requireSameObject } from '../../core/verify-object.ts'
import { bySeed, type Exchange } from '../../sandbox/fault-proxy/choose.ts'
import { EVERY_FAULT, type Fault } from '../../sandbox/fault-proxy/fault.ts'
import { flipByte } from '../../sandbox/flip-byte.ts'
import { SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { factsOf, readAll } from './bucket-contract.ts'
import { s3ClientAt } from './s3-through-faults.ts'
import {
  type Call,
  holdUnder,
  noFaults,
  PATIENCE,
  startSpoiling,
  timeOutFor,
  titleOf,
} from './through-faults.ts'

/** Under every fault the S3 adapter ends in what is true or in an error of ours. */

const directory = scratch({ after })
const output = join(directory, 'out')
const staging = join(directory, 'staging')
for (const path of [output, staging]) mkdirSync(path)

let readingDenied = false
const s3 = await startS3({
  directory: join(directory, 's3'),
  buckets: ['some-bucket'],
  deny: ({ action }) => readingDenied && ['GetObject', 'HeadObject'].includes(action),
})
const spoiling = await startSpoiling(s3.endpoint)
after(() => s3.close())

type Checksums = 'server' | 'read-back'

function bucketAt(endpoint: string, checksums: Checksums = 'server', timeOut = PATIENCE): BlobBucket {
  const config = { name: 'some-bucket', region: SANDBOX_REGION, endpoint, pathStyle: true, checksums }
  return createS3Bucket(config, s3ClientAt(endpoint, timeOut))
}

/** Past the proxy: what is really there. */
const truth = bucketAt(s3.endpoint)

async function bytesOf(key: string): Promise<Buffer | undefined> {
  const found = await truth.get(key)
  return found && readAll(found.body)
}

const content = randomBytes(5000)
const facts = factsOf(content)
const bytes = { open: () => content }
const other = randomBytes(5000)
const keyOf = (number: number) => blobKey('main', refNumber(number))
const [present, taken, damaged, absent] = [keyOf(1), keyOf(2), keyOf(3), keyOf(4)]
let unused = 100
const newKey = () => blobKey('fresh', refNumber(unused++))

await truth.put(present, facts, bytes)
await truth.put(taken, factsOf(other), { open: () => other })
await bucketAt(s3.endpoint, 'read-back').put(damaged, facts, bytes)
flipByte(s3.objectFile('some-bucket', damaged) ?? '', 0)

const destinationAt = (path: string) => {
  const temporary = join(staging, randomUUID())
  return { temporary, publish: () => rename(temporary, path) }
}

const WRITING: Record<string, Call<BlobBucket>> = {
  'archiving a blob (I3)': {
    codes: ['SOURCE_CHANGED', 'BLOB_CONFLICT'],
    run: async bucket => {
      const key = newKey()
      const refused = async (error: NiceBlobsError) => {
        if (error.code === 'SOURCE_CHANGED') assert.equal(await bytesOf(key), undefined)
        throw error
      }
      const put = await bucket.put(key, facts, bytes).catch(refused)
      // It is present when it was sent once more because the first answer was lost.
      assert.ok(['stored', 'present'].includes(put.outcome))
      const verified = put.outcome === 'stored' && put.vouched ? put : undefined
      await requireSameObject(bucket, key, facts, verified)
      assert.deepEqual(await bytesOf(key), content)
    },
  },
  'archiving a blob again (I8)': {
    codes: ['BLOB_CONFLICT'],
    run: async bucket => {
      assert.deepEqual(await bucket.put(present, facts, bytes), { outcome: 'present' })
      await requireSameObject(bucket, present, facts)
    },
  },
  'archiving under a key that holds other bytes (I3)': {
    run: async bucket => {
      const put = await bucket.put(taken, facts, bytes).finally(async () => {
        assert.deepEqual(await bytesOf(taken), other)
      })
      assert.deepEqual(put, { outcome: 'present' })
      await assert.rejects(requireSameObject(bucket, taken, facts), NiceBlobsError)
    },
  },
  'verifying an object that was damaged in the bucket (I1)': {
    run: bucket => assert.rejects(requireSameObject(bucket, damaged, facts), NiceBlobsError),
  },
}

/** Head and get look into a listing, to tell denied from missing. */
async function lookDenied(bucket: BlobBucket): Promise<void> {
  readingDenied = true
  try {
    for (const look of [bucket.head, bucket.get])
      await assert.rejects(look(present), error => error instanceof BlobUnavailable)
  } finally {
    readingDenied = false
  }
}

async function listAll(bucket: BlobBucket): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of bucket.list('blobs/main/')) keys.push(key)
  return keys
}

/** A listing has no checksum. */
const LISTING = { blindTo: ['flippedAnswer'] } as const

const READING: Record<string, Call<BlobBucket>> = {
  'reading a blob (I2)': {
    codes: ['BLOB_DAMAGED'],
    run: async bucket => {
      const path = join(output, String(unused++))
      const received = receiveBlob(bucket, 'main', refNumber(1), destinationAt(path))
      await received.finally(() => {
        assert.deepEqual(readdirSync(staging), [])
        if (existsSync(path)) assert.deepEqual(readFileSync(path), content)
      })
      assert.ok(existsSync(path))
    },
  },
  'looking at a blob (I11)': { run: async bucket => assert.ok(await bucket.head(present)) },
  'looking at a missing blob (I11)': {
    run: async bucket => assert.equal(await bucket.head(absent), undefined),
  },
  'reading a missing blob (I11)': {
    run: async bucket => assert.equal(await bucket.get(absent), undefined),
  },
  'looking at a blob that may not be read (I11)': { ...LISTING, run: lookDenied },
  'listing the blobs': {
    ...LISTING,
    run: async bucket => assert.deepEqual(await listAll(bucket), [present, taken, damaged]),
  },
}

/** What a fault does to the bytes is another thing where the bucket does not compare them. */
const SUITES = [
  { checksums: 'server', calls: { ...WRITING, ...READING }, faults: EVERY_FAULT },
  { checksums: 'read-back', calls: WRITING, faults: EVERY_FAULT.filter(fault => !('moment' in fault)) },
] as const

for (const { checksums, calls, faults } of SUITES) {
  describe(`the S3 adapter (I2, I3, I11), checksums ${checksums}`, () => {
    it('does all of it without a fault', async () => {
      const bucket = bucketAt(spoiling.endpoint, checksums)
      for (const { run } of Object.values(calls)) await run(bucket)
    })

    for (const fault of faults) {
      it(`holds under ${titleOf(fault)}`, async () => {
        await holdUnder(fault, spoiling, calls, bucketAt(spoiling.endpoint, checksums, timeOutFor(fault)))
      })
    }
  })
}

describe('reading in a storm of faults', () => {
  it('gives the right bytes or an error that is no missing blob (I2, I11)', async () => {
    const storm = EVERY_FAULT.filter(({ name }) => !name.startsWith('stall'))
    spoiling.spoil(bySeed(20_261_122, 0.5, storm))
    const bucket = bucketAt(spoiling.endpoint)
    let read = 0
    for (let count = 0; count < 150; count++) {
      const path = join(output, `storm-${count}`)
      const received = receiveBlob(bucket, 'main', refNumber(1), destinationAt(path))
      const error = await received.then(
        () => undefined,
        (error: unknown) => error,
      )
      const damage = error instanceof NiceBlobsError && error.code === 'BLOB_DAMAGED'
      assert.ok(!error || damage || error instanceof BlobUnavailable, `${error}`)
      assert.equal(existsSync(path), !error)
      if (!error) assert.deepEqual(readFileSync(path), content)
      if (!error) read++
    }
    spoiling.spoil(noFaults)
    assert.ok(read > 50 && read < 125, `${read} of 150 came through`)
  })
})

describe('an upload in parts', () => {
  const large = Buffer.alloc(64 * 2 ** 20 + 1, randomBytes(4099))
  const largeFacts = factsOf(large)
  const upload = (key: string, action?: string, fault?: Fault) => {
    const chosen = ({ action: current }: Exchange) => (current === action ? fault : undefined)
    spoiling.spoil(chosen)
    const parts = { open: () => Readable.from(large, { objectMode: false }) }
    return bucketAt(spoiling.endpoint).put(key, largeFacts, parts)
  }

  it('is found by the next try when the answer to its completion was lost (I8)', async () => {
    const key = newKey()
    const lost = upload(key, 'CompleteMultipartUpload', { name: 'reset', moment: 'after' })
    await assert.rejects(lost, { code: 'SERVER_UNREACHABLE' })
    assert.deepEqual(await upload(key), { outcome: 'present' })
    await requireSameObject(bucketAt(spoiling.endpoint), key, largeFacts)
  })

  it('stores nothing when parts arrived with other bytes, or were told to have', async () => {
    for (const name of ['flippedRequest', 'wrongChecksum'] as const) {
      const key = newKey()
      await assert.rejects(upload(key, 'UploadPart', { name }), NiceBlobsError)
      assert.equal(await truth.head(key), undefined)
    }
  })

  it('stores nothing when it is given no id (I3)', async () => {
    await assert.rejects(upload(taken, 'CreateMultipartUpload', { name: 'emptyAnswer' }), NiceBlobsError)
    assert.equal((await truth.head(taken))?.size, other.length)
  })
})

describe('an empty answer instead of a listing', () => {
  const empty = ({ action }: Exchange) =>
    action === 'ListObjectsV2' ? ({ name: 'emptyAnswer' } as const) : undefined

  it('does not make a blob missing that may not be read (I11)', async () => {
    spoiling.spoil(empty)
    await lookDenied(bucketAt(spoiling.endpoint))
  })

  it('is an outage, not an empty bucket (I11)', async () => {
    spoiling.spoil(empty)
    await assert.rejects(listAll(bucketAt(spoiling.endpoint)), error => error instanceof BlobUnavailable)
  })
})
