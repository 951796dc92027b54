import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import type { BlobBucket, BlobFacts } from '../../core/ports.ts'

/** What a server cannot do, each with its reason; the test then holds it to just that. */
export interface Limits {
  /** It stores bytes that are not those of the checksum sent with them. */
  acceptsWrongBytes?: string
}

export interface BucketUnderTest {
  bucket: BlobBucket
  /** Places a delete marker on a key, by other means than the port. */
  mark?(key: string): Promise<void> | void
  limits?: Limits
}

export function factsOf(content: Buffer, contentType = 'application/octet-stream'): BlobFacts {
  return { size: content.length, sha256: createHash('sha256').update(content).digest('hex'), contentType }
}

export async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}

const asBuffer = (content: Buffer) => ({ open: () => content })
const asStream = (content: Buffer) => ({ open: () => Readable.from(content, { objectMode: false }) })

/** The contract of the port BlobBucket; every implementation passes it. */
export function describeBucketContract(name: string, start: () => Promise<BucketUnderTest>): void {
  describe(`BlobBucket contract: ${name}`, async () => {
    const { bucket, mark, limits = {} } = await start()
    const database = `db${randomUUID().slice(0, 8)}`
    const newKey = () =>
      blobKey(database, { oid: randomBytes(8).toString('hex'), tid: randomBytes(8).toString('hex') })

    for (const [form, open] of [['buffer', asBuffer] as const, ['stream', asStream] as const]) {
      it(`gives back the bytes and the facts that were put from a ${form}`, async () => {
        const key = newKey()
        const content = randomBytes(300_000)
        const facts = factsOf(content, 'image/jpeg')
        const put = await bucket.put(key, facts, open(content))
        assert.equal(put.outcome, 'stored')
        const head = await bucket.head(key)
        const own = { vouched: 0, versionId: 0, lastModified: 0 }
        assert.deepEqual({ ...head, ...own }, { ...facts, ...own })
        const got = await bucket.get(key)
        assert.ok(got)
        assert.deepEqual(await readAll(got.body), content)
        assert.equal(got.stored.sha256, facts.sha256)
      })
    }

    it('gives back an empty blob and one of a single byte', async () => {
      for (const content of [Buffer.alloc(0), Buffer.from('x')]) {
        const key = newKey()
        assert.equal((await bucket.put(key, factsOf(content), asBuffer(content))).outcome, 'stored')
        const got = await bucket.get(key)
        assert.ok(got)
        assert.deepEqual(await readAll(got.body), content)
      }
    })

    it('names the version it wrote', async () => {
      const key = newKey()
      const content = randomBytes(10)
      const put = await bucket.put(key, factsOf(content), asBuffer(content))
      assert.equal(put.outcome, 'stored')
      if (put.outcome === 'stored') assert.equal((await bucket.head(key))?.versionId, put.versionId)
    })

    it('tells when an object was stored, in whole seconds and always the same (I10)', async () => {
      const key = newKey()
      const content = randomBytes(10)
      const before = Date.now()
      await bucket.put(key, factsOf(content), asBuffer(content))
      const stored = (await bucket.head(key))?.lastModified ?? 0
      assert.equal(stored % 1000, 0)
      assert.ok(stored > before - 1000 && stored <= Date.now(), `${before} ${stored}`)
      await new Promise(resolve => setTimeout(resolve, 1001))
      assert.equal((await bucket.head(key))?.lastModified, stored)
      assert.equal((await bucket.get(key))?.stored.lastModified, stored)
    })

    it('never overwrites a key (I3)', async () => {
      const key = newKey()
      const first = randomBytes(1000)
      await bucket.put(key, factsOf(first), asBuffer(first))
      const second = randomBytes(1000)
      const put = await bucket.put(key, factsOf(second), asBuffer(second))
      const got = await bucket.get(key)
      assert.ok(got)
      assert.equal(put.outcome, 'present')
      assert.deepEqual(await readAll(got.body), first)
    })

    it(`${limits.acceptsWrongBytes ? `stores other bytes than announced, which is known: ${limits.acceptsWrongBytes}` : 'stores nothing when the bytes are not the ones announced'} (I3)`, async () => {
      const key = newKey()
      const content = randomBytes(5000)
      const other = randomBytes(5000)
      const put = bucket.put(key, factsOf(content), asBuffer(other))
      if (limits.acceptsWrongBytes) assert.equal((await put).outcome, 'stored')
      else {
        await assert.rejects(
          put,
          (error: unknown) => error instanceof NiceBlobsError && error.code === 'SOURCE_CHANGED',
        )
        assert.equal(await bucket.head(key), undefined)
      }
    })

    it('says of a missing key that it is missing (I11)', async () => {
      assert.equal(await bucket.head(newKey()), undefined)
      assert.equal(await bucket.get(newKey()), undefined)
    })

    it('lists the current keys below a prefix in order, with their sizes', async () => {
      const keys = Array.from({ length: 5 }, (_, i) =>
        blobKey(database, { oid: `ffffffff0000000${i}`, tid: '03d167f919308700' }),
      )
      for (const [i, key] of [...keys.entries()].reverse()) {
        const content = randomBytes(i + 1)
        await bucket.put(key, factsOf(content), asBuffer(content))
      }
      const listed: { key: string; size: number }[] = []
      for await (const entry of bucket.list(`blobs/${database}/ffffffff`)) listed.push(entry)
      assert.deepEqual(
        listed,
        keys.map((key, i) => ({ key, size: i + 1 })),
      )
    })

    it('lists nothing of a database whose name begins with this one’s (I9)', async () => {
      const content = randomBytes(3)
      await bucket.put(newKey().replace(database, `${database}-two`), factsOf(content), asBuffer(content))
      for await (const { key } of bucket.list(`blobs/${database}/`))
        assert.ok(key.startsWith(`blobs/${database}/`))
    })

    it('takes a marked key for missing and lets it be archived again', {
      skip: !mark && 'this bucket has no versions',
    }, async () => {
      const key = newKey()
      const content = randomBytes(100)
      await bucket.put(key, factsOf(content), asBuffer(content))
      await mark?.(key)
      assert.equal(await bucket.head(key), undefined)
      assert.equal(await bucket.get(key), undefined)
      assert.equal((await bucket.put(key, factsOf(content), asBuffer(content))).outcome, 'stored')
    })

    describe('from 64 MiB, in parts', () => {
      const large = Buffer.alloc(64 * 2 ** 20 + 1, randomBytes(4099))

      it('gives back the bytes', async () => {
        const key = newKey()
        assert.equal((await bucket.put(key, factsOf(large), asStream(large))).outcome, 'stored')
        const got = await bucket.get(key)
        assert.ok(got)
        assert.equal(factsOf(await readAll(got.body)).sha256, factsOf(large).sha256)
        assert.equal((await bucket.head(key))?.sha256, factsOf(large).sha256)
      })

      it('never overwrites a key (I3)', async () => {
        const key = newKey()
        const first = randomBytes(10)
        await bucket.put(key, factsOf(first), asBuffer(first))
        const put = await bucket.put(key, factsOf(large), asStream(large))
        assert.equal(put.outcome, 'present')
      })

      it('completes nothing when the bytes are not the ones announced (I3)', async () => {
        const key = newKey()
        const facts = { ...factsOf(large), sha256: factsOf(Buffer.from('other')).sha256 }
        await assert.rejects(bucket.put(key, facts, asStream(large)), { code: 'SOURCE_CHANGED' })
        assert.equal(await bucket.head(key), undefined)
      })

      it('stores nothing when it is interrupted', async () => {
        const key = newKey()
        const controller = new AbortController()
        const interrupted = {
          open: () =>
            Readable.from(
              (async function* () {
                yield large.subarray(0, 40 * 2 ** 20)
                controller.abort()
                yield large.subarray(40 * 2 ** 20)
              })(),
              { objectMode: false },
            ),
        }
        // A memory bucket has nothing to interrupt; where it ends in success, the bytes must be whole.
        const outcome = await bucket
          .put(key, factsOf(large), interrupted, controller.signal)
          .catch(() => undefined)
        assert.equal((await bucket.head(key)) === undefined, outcome === undefined)
      })
    })
  })
}
