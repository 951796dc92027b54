import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { blobKey } from '../../core/model/key.ts'
import type { BlobBucket, BlobCopies } from '../../core/ports.ts'
import { factsOf, readAll } from './bucket-contract.ts'
import type { PredecessorUnderTest } from './predecessor-contract.ts'

/** What a server cannot do, each with its reason. */
export interface CopiesLimits {
  /** It copies onto a key that holds an object. */
  copiesOntoObjects?: string
  /** It copies whatever the source is by now. */
  copiesAnyState?: string
}

export interface CopiesUnderTest extends Pick<PredecessorUnderTest, 'predecessor' | 'put' | 'remove'> {
  bucket: BlobBucket
  copies: BlobCopies
  /** Places a delete marker on a key of ours, by other means than the port. */
  mark(key: string): Promise<void> | void
  limits?: CopiesLimits
}

/** The contract of the port BlobCopies; every implementation passes it. */
export function describeCopiesContract(name: string, start: () => Promise<CopiesUnderTest>): void {
  describe(`BlobCopies contract: ${name}`, async () => {
    const { predecessor, put, remove, bucket, copies, mark, limits = {} } = await start()
    const database = `db${randomUUID().slice(0, 8)}`
    const newKey = () =>
      blobKey(database, { oid: randomBytes(8).toString('hex'), tid: randomBytes(8).toString('hex') })
    const plant = async (size = 5000, key = `${randomUUID()}/4d2/3d167f919308700.blob`) => {
      const content = randomBytes(size)
      await put(key, content)
      const { etag = '' } = (await predecessor.open(key)) ?? {}
      return { blob: { key, etag }, content, facts: factsOf(content, 'image/jpeg') }
    }
    const bytesAt = async (key: string) => {
      const got = await bucket.get(key)
      return got && readAll(got.body)
    }
    const skip = limits.copiesOntoObjects ?? false

    for (const size of [0, 1, 5000, 200_000, 1_500_000])
      it(`copies ${size} bytes with our facts, and leaves them where they were`, async () => {
        const [to, { blob, content, facts }] = [newKey(), await plant(size)]
        const put = await copies.copy(blob, to, facts)
        assert.ok(put.outcome === 'stored')
        const head = await bucket.head(to)
        const own = { vouched: 0, lastModified: 0 }
        assert.deepEqual({ ...head, ...own }, { ...facts, versionId: put.versionId, ...own })
        assert.deepEqual(await bytesAt(to), content)
        const left = await predecessor.open(blob.key, blob.etag)
        assert.ok(left)
        assert.deepEqual(await readAll(left.body), content)
      })

    it('finds keys with all kinds of characters', async () => {
      const [to, { blob, content, facts }] = [newKey(), await plant(10, `${randomUUID()}/a b+c?/ü&%41.blob`)]
      assert.equal((await copies.copy(blob, to, facts)).outcome, 'stored')
      assert.deepEqual(await bytesAt(to), content)
    })

    it('takes what was kept in memory for the same', async () => {
      const [to, { blob, content, facts }] = [newKey(), await plant(300)]
      assert.equal((await copies.copy({ ...blob, content }, to, facts)).outcome, 'stored')
      assert.deepEqual(await bytesAt(to), content)
    })

    it('never copies onto an object (I3)', { skip }, async () => {
      const [to, one, other] = [newKey(), await plant(), await plant(300)]
      await copies.copy(one.blob, to, one.facts)
      assert.deepEqual(await copies.copy(other.blob, to, other.facts), { outcome: 'present' })
      assert.deepEqual(await bytesAt(to), one.content)
    })

    it('copies once when several ask at once (I3)', { skip }, async () => {
      const [to, { blob, facts }] = [newKey(), await plant()]
      const asked = Array.from({ length: 5 }, () => copies.copy(blob, to, facts))
      const outcomes = (await Promise.all(asked)).map(({ outcome }) => outcome)
      assert.deepEqual(outcomes.toSorted(), ['present', 'present', 'present', 'present', 'stored'])
    })

    it('copies above a marker', async () => {
      const [to, { blob, content, facts }] = [newKey(), await plant()]
      await copies.copy(blob, to, facts)
      await mark(to)
      assert.equal((await copies.copy(blob, to, facts)).outcome, 'stored')
      assert.deepEqual(await bytesAt(to), content)
    })

    it('copies nothing of another state', { skip: limits.copiesAnyState ?? false }, async () => {
      const [to, { blob, facts }] = [newKey(), await plant()]
      await put(blob.key, randomBytes(5000))
      await assert.rejects(copies.copy(blob, to, facts), { code: 'SOURCE_CHANGED' })
      assert.equal(await bucket.head(to), undefined)
    })

    it('copies nothing of what is gone', async () => {
      const [to, { blob, facts }] = [newKey(), await plant()]
      await remove(blob.key)
      await assert.rejects(copies.copy(blob, to, facts), { code: 'SOURCE_CHANGED' })
      assert.equal(await bucket.head(to), undefined)
    })
  })
}
