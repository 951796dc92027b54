import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { type CopyObjectCommand, DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { createRetry } from '../../core/aws/retry.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { COPY_SIZES } from '../../core/aws/s3-copy.ts'
import { createS3Versions } from '../../core/aws/s3-versions.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey, blobPrefix } from '../../core/model/key.ts'
import type { BlobVersions } from '../../core/ports.ts'
import { requireSameObject } from '../../core/verify-object.ts'
import { EVERY_FAULT } from '../../sandbox/fault-proxy/fault.ts'
import { SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { factsOf, readAll } from './bucket-contract.ts'
import { refuseCopies, s3ClientAt } from './s3-through-faults.ts'
import { type Call, holdUnder, PATIENCE, startSpoiling, timeOutFor, titleOf } from './through-faults.ts'

/** Versions as S3 has them: what the contract cannot ask of everybody, and every fault. */

const directory = scratch({ after })
const s3 = await startS3({ directory: join(directory, 'versioned'), buckets: ['some-bucket'] })
const plain = await startS3({
  directory: join(directory, 'plain'),
  buckets: ['some-bucket'],
  versioned: false,
})
const spoiling = await startSpoiling(s3.endpoint)
after(() => Promise.all([s3.close(), plain.close()]))

const MIB = 2 ** 20

function at(endpoint: string, { timeOut = PATIENCE, sizes = {}, refusesCopies = false } = {}) {
  const pathStyle = { endpoint, pathStyle: true, checksums: 'server' as const }
  const config = { name: 'some-bucket', region: SANDBOX_REGION, ...pathStyle }
  const client = s3ClientAt(endpoint, timeOut)
  const told = refusesCopies ? refuseCopies(client) : client
  const versions = createS3Versions(config, told, createRetry(), { ...COPY_SIZES, page: 1000, ...sizes })
  return { client, bucket: createS3Bucket(config, client), versions }
}

const truth = at(s3.endpoint)
let unused = 1
const newKey = () => blobKey('main', refNumber(unused++))

async function put(size = 5000, key = newKey()) {
  const content = randomBytes(size)
  const facts = factsOf(content, 'image/jpeg')
  const stored = await truth.bucket.put(key, facts, { open: () => content })
  assert.ok(stored.outcome === 'stored' && stored.versionId !== undefined)
  return { key, content, facts, versionId: stored.versionId }
}

async function putAndMark(size?: number) {
  const blob = await put(size)
  await truth.versions.mark(blob.key)
  return blob
}

const uploadsLeft = () => readdirSync(join(directory, 'versioned', 'buckets', 'some-bucket', 'uploads'))
const whole = async (key: string) => readAll((await truth.bucket.get(key))?.body ?? readNothing())
async function* readNothing(): AsyncGenerator<Uint8Array> {}

describe('a bucket that keeps no versions', () => {
  it('is found out before anything is deleted (I5)', async () => {
    const { bucket, versions } = at(plain.endpoint)
    const content = randomBytes(100)
    await bucket.put('a', factsOf(content), { open: () => content })
    await assert.rejects(versions.mark('a'), { code: 'BUCKET_UNSAFE' })
    assert.deepEqual(await readAll((await bucket.get('a'))?.body ?? readNothing()), content)
    assert.equal(plain.requestCount('DeleteObject'), 0)
  })

  it('is told by a marker without a version of its own, as where versions are suspended', async () => {
    for (const told of [{ DeleteMarker: true, VersionId: 'null' }, { VersionId: 'v' }, {}]) {
      const { key } = await put()
      const { client } = truth
      const send = (command: object, ...rest: []) =>
        command instanceof DeleteObjectCommand
          ? Promise.resolve(told)
          : client.send(command as CopyObjectCommand, ...rest)
      const config = { name: 'some-bucket', region: SANDBOX_REGION, pathStyle: true }
      const suspended = Object.create(client, { send: { value: send } })
      const versions = createS3Versions({ ...config, checksums: 'server' }, suspended)
      await assert.rejects(versions.mark(key), { code: 'BUCKET_UNSAFE' })
    }
  })
})

describe('a listing of versions', () => {
  it('comes page by page, and ends with the key', async () => {
    const { key, facts, versionId } = await put()
    for (let count = 0; count < 3; count += 1) {
      await truth.versions.mark(key)
      await truth.versions.restore(key, { versionId, facts })
    }
    await put(10, `${key}0`)
    const all = await truth.versions.list(key)
    assert.equal(all.length, 7)
    assert.deepEqual(
      all.map(({ marker }) => marker),
      [false, true, false, true, false, true, false],
    )
    for (const page of [1, 2, 3, 7]) {
      const { versions } = at(s3.endpoint, { sizes: { page } })
      assert.deepEqual(await versions.list(key), all)
    }
  })

  it('of what is marked goes on over all pages', async () => {
    for (let count = 0; count < 3; count += 1) await putAndMark()
    const listAll = async (page: number) => {
      const keys: string[] = []
      const { versions } = at(s3.endpoint, { sizes: { page } })
      for await (const key of versions.listMarked(blobPrefix('main'))) keys.push(key)
      return keys
    }
    const all = await listAll(1000)
    assert.ok(all.length >= 3)
    for (const page of [1, 2, 7]) assert.deepEqual(await listAll(page), all)
  })

  it('that is none is an outage, and no key without versions (I11)', async () => {
    const { key } = await put()
    spoiling.spoil(({ action }) => (action === 'ListObjectVersions' ? { name: 'emptyAnswer' } : undefined))
    await assert.rejects(at(spoiling.endpoint).versions.list(key), BlobUnavailable)
    await assert.rejects(async () => {
      for await (const none of at(spoiling.endpoint).versions.listMarked('blobs/')) assert.fail(none)
    }, BlobUnavailable)
    await assert.rejects(
      at(spoiling.endpoint).versions.head(key, '000000009.aaaaaaaaaaaaaaaaaaaaaa'),
      BlobUnavailable,
    )
  })
})

describe('a copy back', () => {
  it('has class, type, metadata and a checksum that the bucket made itself', async () => {
    const { key, facts, versionId } = await putAndMark(200_000)
    const restored = await truth.versions.restore(key, { versionId, facts })
    assert.ok(restored.outcome === 'stored' && restored.vouched)
    assert.equal((await truth.bucket.head(key))?.vouched, true)
    const head = new HeadObjectCommand({ Bucket: 'some-bucket', Key: key })
    const { StorageClass, ContentType, CacheControl, Metadata } = await truth.client.send(head)
    const metadata = { sha256: facts.sha256, size: '200000', 'format-version': '1' }
    assert.deepEqual(
      { StorageClass, ContentType, CacheControl, Metadata },
      {
        StorageClass: 'INTELLIGENT_TIERING',
        ContentType: 'image/jpeg',
        CacheControl: 'private, max-age=86400, immutable',
        Metadata: metadata,
      },
    )
  })

  it('of other bytes than they should be is vouched for by nobody', async () => {
    const { key, versionId } = await putAndMark()
    const facts = factsOf(randomBytes(5000))
    const restored = await truth.versions.restore(key, { versionId, facts })
    assert.ok(restored.outcome === 'stored' && !restored.vouched)
  })

  for (const [how, options] of [
    ['is larger than one request copies', { sizes: { whole: 5 * MIB, part: 5 * MIB } }],
    ['comes from a server without conditional copies', { sizes: { part: 5 * MIB }, refusesCopies: true }],
  ] as const) {
    describe(`that ${how}`, () => {
      const { versions } = at(s3.endpoint, options)

      it('is made of parts, with class, type and metadata', async () => {
        const { key, content, facts, versionId } = await putAndMark(12 * MIB)
        const restored = await versions.restore(key, { versionId, facts })
        assert.ok(restored.outcome === 'stored' && !restored.vouched)
        assert.ok((await whole(key)).equals(content))
        await requireSameObject(truth.bucket, key, facts)
        const head = new HeadObjectCommand({ Bucket: 'some-bucket', Key: key })
        const { StorageClass, ContentType, CacheControl } = await truth.client.send(head)
        assert.deepEqual([StorageClass, ContentType], ['INTELLIGENT_TIERING', 'image/jpeg'])
        assert.equal(CacheControl, 'private, max-age=86400, immutable')
        assert.deepEqual(uploadsLeft(), [])
      })

      it('never gets onto an object, and leaves no part (I3)', async () => {
        const { key, facts, versionId } = await putAndMark(12 * MIB)
        const other = await put(10, key)
        assert.deepEqual(await versions.restore(key, { versionId, facts }), { outcome: 'present' })
        assert.deepEqual(await whole(key), other.content)
        assert.deepEqual(uploadsLeft(), [])
      })

      it('leaves no part when one fails', async () => {
        const { key, facts, versionId } = await putAndMark(12 * MIB)
        spoiling.spoil(({ action }) =>
          action === 'UploadPartCopy' ? { name: 'InternalError', moment: 'before' } : undefined,
        )
        const through = at(spoiling.endpoint, options)
        await assert.rejects(through.versions.restore(key, { versionId, facts }), BlobUnavailable)
        assert.deepEqual(uploadsLeft(), [])
        assert.equal(await truth.bucket.head(key), undefined)
      })
    })
  }

  it('of nothing, from a server without conditional copies, is made too', async () => {
    const { versions } = at(s3.endpoint, { refusesCopies: true })
    const { key, facts, versionId } = await putAndMark(0)
    assert.equal((await versions.restore(key, { versionId, facts })).outcome, 'stored')
    assert.equal((await truth.bucket.head(key))?.size, 0)
  })
})

const hidden = await putAndMark()
const taken = await put()
const seen = await put()

const CALLS: Record<string, Call<BlobVersions>> = {
  'marking a blob (I5)': {
    codes: ['BUCKET_UNSAFE'],
    run: async versions => {
      const { key, versionId } = await put()
      const marked = await versions.mark(key).finally(async () => {
        assert.ok(await truth.versions.head(key, versionId), 'the version is kept')
      })
      const [newest] = await truth.versions.list(key)
      assert.deepEqual([newest?.versionId, newest?.marker], [marked.versionId, true])
    },
  },
  'restoring a version (I3)': {
    run: async versions => {
      const { key, content, facts, versionId } = await putAndMark()
      const restored = await versions.restore(key, { versionId, facts }).finally(async () => {
        const now = await whole(key)
        assert.ok(now.length === 0 || now.equals(content))
      })
      // It is present when it was copied once more because the first answer was lost.
      assert.ok(['stored', 'present'].includes(restored.outcome))
      assert.ok((await whole(key)).equals(content))
    },
  },
  'restoring onto an object (I3)': {
    run: async versions => {
      const { key, facts, versionId, content } = taken
      assert.deepEqual(await versions.restore(key, { versionId, facts }), { outcome: 'present' })
      assert.ok((await whole(key)).equals(content))
      assert.equal((await truth.versions.list(key)).length, 1)
    },
  },
  'looking at a version (I11)': {
    run: async versions => assert.ok(await versions.head(hidden.key, hidden.versionId)),
  },
  'looking at a version that is none of the key’s (I11)': {
    blindTo: ['flippedAnswer'],
    run: async versions => assert.equal(await versions.head(hidden.key, seen.versionId), undefined),
  },
}

describe('the versions of S3 (I3, I5, I11)', () => {
  it('do all of it without a fault', async () => {
    const { versions } = at(spoiling.endpoint)
    spoiling.spoil(() => undefined)
    for (const { run } of Object.values(CALLS)) await run(versions)
  })

  // None of these requests has a body that could be spoiled.
  for (const fault of EVERY_FAULT.filter(({ name }) => name !== 'flippedRequest')) {
    it(`hold under ${titleOf(fault)}`, async () => {
      const { versions } = at(spoiling.endpoint, { timeOut: timeOutFor(fault) })
      await holdUnder(fault, spoiling, CALLS, versions)
    })
  }
})
