import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { createRetry } from '../../core/aws/retry.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Copies } from '../../core/aws/s3-copies.ts'
import { COPY_SIZES } from '../../core/aws/s3-copy.ts'
import { createS3Predecessor } from '../../core/aws/s3-predecessor.ts'
import { createCopiesThroughHost } from '../../core/copy-through-host.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import type { BlobBucket, BlobCopies, PredecessorBucket } from '../../core/ports.ts'
import { requireSameObject } from '../../core/verify-object.ts'
import { EVERY_FAULT } from '../../sandbox/fault-proxy/fault.ts'
import { SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { factsOf, readAll } from './bucket-contract.ts'
import { refuseCopies, s3ClientAt } from './s3-through-faults.ts'
import { type Call, holdUnder, PATIENCE, startSpoiling, timeOutFor, titleOf } from './through-faults.ts'

/** A predecessor's bucket and copies from it as S3 has them: what the contract cannot ask of everybody, and every fault. */

const MIB = 2 ** 20
const [OURS, THEIRS] = ['some-bucket', 'predecessor']
const directory = scratch({ after })
let planting = 0
const s3 = await startS3({
  directory,
  buckets: [OURS, THEIRS],
  // Whatever is done here, nobody but its own application changes anything there.
  deny: ({ action, bucket }) =>
    bucket === THEIRS && planting === 0 && !['GetObject', 'ListObjectsV2'].includes(action),
})
const spoiling = await startSpoiling(s3.endpoint)
after(() => s3.close())

interface Options {
  timeOut?: number
  sizes?: typeof COPY_SIZES
  customerKey?: string | undefined
  refusesCopies?: boolean
}

interface Side {
  client: S3Client
  bucket: BlobBucket
  predecessor: PredecessorBucket
  copies: BlobCopies
  throughHost: BlobCopies
}

function at(endpoint: string, options: Options = {}): Side {
  const { timeOut = PATIENCE, sizes = COPY_SIZES, customerKey, refusesCopies = false } = options
  const server = { region: SANDBOX_REGION, endpoint, pathStyle: true, checksums: 'server' as const }
  const client = s3ClientAt(endpoint, timeOut)
  const [ours, place] = [
    { ...server, name: OURS },
    { bucket: { ...server, name: THEIRS }, customerKey },
  ]
  const retry = createRetry({ attempts: 3, firstWait: 1, longestWait: 2 })
  const told = refusesCopies ? refuseCopies(client) : client
  const [bucket, predecessor] = [
    createS3Bucket(ours, client, retry),
    createS3Predecessor(place, client, retry),
  ]
  const copies = createS3Copies(ours, place, told, retry, sizes)
  return { client, bucket, predecessor, copies, throughHost: createCopiesThroughHost(predecessor, bucket) }
}

const truth = at(s3.endpoint)
let unused = 1
const newKey = () => blobKey('main', refNumber(unused++))

async function plant(size = 5000, customerKey?: string, Key = `blobs/${unused++}/1.blob`) {
  const content = randomBytes(size)
  const key = customerKey && { SSECustomerAlgorithm: 'AES256', SSECustomerKey: customerKey }
  const put = new PutObjectCommand({ Bucket: THEIRS, Key, Body: content, ...key })
  planting += 1
  const { ETag = '' } = await truth.client.send(put)
  planting -= 1
  return { blob: { key: Key, etag: ETag }, content, facts: factsOf(content, 'image/jpeg') }
}

const uploadsLeft = () => readdirSync(join(directory, 'buckets', OURS, 'uploads'))
async function bytesAt(key: string): Promise<Buffer | undefined> {
  const found = await truth.bucket.get(key)
  return found && readAll(found.body)
}

async function attributesOf(Key: string) {
  const head = new HeadObjectCommand({ Bucket: OURS, Key })
  const { StorageClass, ContentType, CacheControl, Metadata } = await truth.client.send(head)
  return { StorageClass, ContentType, CacheControl, Metadata }
}

const attributes = (sha256: string, size: number) => ({
  StorageClass: 'INTELLIGENT_TIERING',
  ContentType: 'image/jpeg',
  CacheControl: 'private, max-age=86400, immutable',
  Metadata: { sha256, size: String(size), 'format-version': '1' },
})

describe('a copy from a predecessor’s bucket', () => {
  it('has class, type and metadata as archived blobs have them, and a checksum that the bucket made itself', async () => {
    const [to, { blob, facts }] = [newKey(), await plant(200_000)]
    const put = await truth.copies.copy(blob, to, facts)
    assert.ok(put.outcome === 'stored' && put.vouched)
    assert.equal((await truth.bucket.head(to))?.vouched, true)
    assert.deepEqual(await attributesOf(to), attributes(facts.sha256, 200_000))
  })

  const inParts: Record<string, Options> = {
    'above what one request copies': { sizes: { whole: 8 * MIB, part: 5 * MIB } },
    'from a server without conditional copies': {
      sizes: { whole: 50 * MIB, part: 5 * MIB },
      refusesCopies: true,
    },
  }
  for (const [why, options] of Object.entries(inParts)) {
    describe(`in parts, ${why},`, () => {
      const { copies } = at(s3.endpoint, options)

      it('has all bytes, and all attributes', async () => {
        const [to, { blob, content, facts }] = [newKey(), await plant(12 * MIB + 1)]
        const put = await copies.copy(blob, to, facts)
        assert.ok(put.outcome === 'stored' && !put.vouched)
        assert.ok((await bytesAt(to))?.equals(content))
        await requireSameObject(truth.bucket, to, facts)
        assert.deepEqual(await attributesOf(to), attributes(facts.sha256, content.length))
        assert.deepEqual(uploadsLeft(), [])
      })

      it('never gets onto an object, and leaves no part (I3)', async () => {
        const [to, { blob, facts }, other] = [newKey(), await plant(12 * MIB), await plant(10)]
        await copies.copy(other.blob, to, other.facts)
        assert.deepEqual(await copies.copy(blob, to, facts), { outcome: 'present' })
        assert.deepEqual(await bytesAt(to), other.content)
        assert.deepEqual(uploadsLeft(), [])
      })

      it('takes no part of another state, and leaves none', async () => {
        const [to, { blob, facts }] = [newKey(), await plant(12 * MIB)]
        await plant(12 * MIB, undefined, blob.key)
        await assert.rejects(copies.copy(blob, to, facts), { code: 'SOURCE_CHANGED' })
        assert.equal(await truth.bucket.head(to), undefined)
        assert.deepEqual(uploadsLeft(), [])
      })

      it('leaves no part when it is interrupted', async () => {
        const [to, { blob, facts }] = [newKey(), await plant(12 * MIB)]
        const controller = new AbortController()
        spoiling.spoil(({ action }) => {
          if (action === 'UploadPartCopy') controller.abort()
          return undefined
        })
        const through = at(spoiling.endpoint, options)
        await assert.rejects(through.copies.copy(blob, to, facts, controller.signal))
        assert.deepEqual(uploadsLeft(), [])
        assert.equal(await truth.bucket.head(to), undefined)
      })
    })
  }
})

describe('what is encrypted with a customer key', () => {
  const customerKey = randomBytes(32).toString('base64')
  const knowing = at(s3.endpoint, { customerKey })

  for (const way of ['copies', 'throughHost'] as const)
    it(`is read with it, and copied (${way}) to where it needs none`, async () => {
      const [to, { blob, content, facts }] = [newKey(), await plant(5000, customerKey)]
      const found = await knowing.predecessor.open(blob.key)
      assert.ok(found)
      assert.deepEqual(await readAll(found.body), content)
      assert.equal(found.md5, undefined, 'its ETag is no MD5')
      assert.equal((await knowing[way].copy(blob, to, facts)).outcome, 'stored')
      assert.deepEqual(await bytesAt(to), content)
    })

  it('is copied in parts, too', async () => {
    const parts = at(s3.endpoint, { customerKey, sizes: { whole: 8 * MIB, part: 5 * MIB } })
    const [to, { blob, content, facts }] = [newKey(), await plant(12 * MIB, customerKey)]
    assert.equal((await parts.copies.copy(blob, to, facts)).outcome, 'stored')
    assert.ok((await bytesAt(to))?.equals(content))
  })

  it('is not missing where there is no key, or another one (I11)', async () => {
    const { blob } = await plant(5000, customerKey)
    await assert.rejects(truth.predecessor.open(blob.key), error => {
      assert.ok(error instanceof BlobUnavailable)
      return /--sse-customer-key/.test(error.hint)
    })
    const other = at(s3.endpoint, { customerKey: randomBytes(32).toString('base64') })
    await assert.rejects(other.predecessor.open(blob.key), { code: 'ACCESS_DENIED' })
  })
})

describe('a predecessor’s bucket that is not there', () => {
  it('is told with the options that name it', async () => {
    const place = {
      region: SANDBOX_REGION,
      endpoint: s3.endpoint,
      pathStyle: true,
      checksums: 'server' as const,
    }
    const nowhere = createS3Predecessor({ bucket: { ...place, name: 'nowhere' } }, truth.client)
    const toldSo = { code: 'BUCKET_MISSING', hint: /--from/ }
    await assert.rejects(nowhere.open('blobs/1/1.blob'), toldSo)
    await assert.rejects(async () => {
      for await (const each of nowhere.list('')) assert.fail(each.key)
    }, toldSo)
  })
})

const md5Of = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex')
const known = await plant()
const taken = newKey()
await truth.copies.copy(known.blob, taken, known.facts)

async function assertCopied({ bucket, copies }: { bucket: BlobBucket; copies: BlobCopies }): Promise<void> {
  const [to, { blob, content, facts }] = [newKey(), await plant()]
  const put = await copies.copy(blob, to, facts).finally(async () => {
    const there = await bytesAt(to)
    assert.ok(there === undefined || there.equals(content))
  })
  const verified = put.outcome === 'stored' && put.vouched ? put : undefined
  await requireSameObject(bucket, to, facts, verified)
  assert.deepEqual(await bytesAt(to), content)
}

const CALLS: Record<string, Call<Side>> = {
  'opening an object (I11)': {
    run: async ({ predecessor }) => {
      const found = await predecessor.open(known.blob.key)
      assert.ok(found)
      const bytes = await readAll(found.body)
      assert.equal(found.size, bytes.length)
      // What came otherwise than it lies there does not fit its MD5.
      assert.ok(bytes.equals(known.content) || md5Of(bytes) !== found.md5)
    },
  },
  'opening what is missing (I11)': {
    run: async ({ predecessor }) => assert.equal(await predecessor.open('blobs/none/1.blob'), undefined),
  },
  'listing (I11)': {
    blindTo: ['flippedAnswer'],
    run: async ({ predecessor }) => {
      const keys: string[] = []
      for await (const { key } of predecessor.list(known.blob.key)) keys.push(key)
      assert.deepEqual(keys, [known.blob.key])
    },
  },
  // What a spoiled head tells is told, and changes nothing.
  'copying by the server (I3)': { codes: ['BLOB_CONFLICT'], run: assertCopied },
  'copying through the host (I3)': {
    codes: ['SOURCE_CHANGED', 'BLOB_CONFLICT'],
    run: ({ bucket, throughHost }) => assertCopied({ bucket, copies: throughHost }),
  },
  'copying onto an object (I3)': {
    run: async ({ copies }) => {
      const other = await plant(10)
      assert.deepEqual(await copies.copy(other.blob, taken, other.facts), { outcome: 'present' })
      assert.deepEqual(await bytesAt(taken), known.content)
    },
  },
}

describe('a predecessor’s bucket on S3 (I3, I11)', () => {
  it('gives all of it without a fault', async () => {
    spoiling.spoil(() => undefined)
    for (const { run } of Object.values(CALLS)) await run(at(spoiling.endpoint))
  })

  for (const fault of EVERY_FAULT)
    it(`holds under ${titleOf(fault)}`, async () => {
      await holdUnder(fault, spoiling, CALLS, at(spoiling.endpoint, { timeOut: timeOutFor(fault) }))
    })
})
