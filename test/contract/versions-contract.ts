import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { blobKey, blobPrefix } from '../../core/model/key.ts'
import type { BlobBucket, BlobVersions } from '../../core/ports.ts'
import { factsOf, readAll } from './bucket-contract.ts'

/** What a server cannot do, each with its reason. */
export interface VersionLimits {
  /** It copies onto a key that holds an object. */
  copiesOntoObjects?: string
}

export interface VersionsUnderTest {
  bucket: BlobBucket
  versions: BlobVersions
  limits?: VersionLimits
}

/** The contract of the port BlobVersions; every implementation passes it. */
export function describeVersionsContract(name: string, start: () => Promise<VersionsUnderTest>): void {
  describe(`BlobVersions contract: ${name}`, async () => {
    const { bucket, versions, limits = {} } = await start()
    const database = `db${randomUUID().slice(0, 8)}`
    const newKey = () =>
      blobKey(database, { oid: randomBytes(8).toString('hex'), tid: randomBytes(8).toString('hex') })
    const put = async (size = 5000, key = newKey()) => {
      const content = randomBytes(size)
      const facts = factsOf(content, 'image/jpeg')
      const stored = await bucket.put(key, facts, { open: () => content })
      assert.ok(stored.outcome === 'stored' && stored.versionId !== undefined)
      return { key, content, facts, versionId: stored.versionId }
    }
    const putAndMark = async (size?: number) => {
      const blob = await put(size)
      return { ...blob, marker: (await versions.mark(blob.key)).versionId }
    }
    const bytesAt = async (key: string) => {
      const got = await bucket.get(key)
      return got && readAll(got.body)
    }
    const kindsOf = async (key: string) =>
      (await versions.list(key)).map(({ versionId, current, marker, size }) => ({
        versionId,
        current,
        marker,
        size,
      }))

    it('hides an object under a marker, and keeps its version (I5)', async () => {
      const { key, facts, versionId, marker } = await putAndMark()
      assert.equal(await bucket.head(key), undefined)
      assert.equal(await bucket.get(key), undefined)
      assert.deepEqual(await kindsOf(key), [
        { versionId: marker, current: true, marker: true, size: 0 },
        { versionId, current: false, marker: false, size: facts.size },
      ])
    })

    it('marks nothing where nothing is', async () => {
      const never = newKey()
      await assert.rejects(versions.mark(never), { code: 'BLOB_MISSING' })
      assert.deepEqual(await versions.list(never), [])
      const { key } = await putAndMark()
      await assert.rejects(versions.mark(key), { code: 'BLOB_MISSING' })
      assert.equal((await versions.list(key)).length, 2)
    })

    it('tells of a version by its id, whether it is current or not', async () => {
      const { key, facts, versionId, marker } = await putAndMark()
      const head = await versions.head(key, versionId)
      const own = { vouched: 0, lastModified: 0 }
      assert.deepEqual({ ...head, ...own }, { ...facts, versionId, ...own })
      assert.equal(await versions.head(key, marker), undefined)
      const other = await put()
      assert.equal((await versions.head(other.key, other.versionId))?.sha256, other.facts.sha256)
      assert.equal(await versions.head(key, other.versionId), undefined)
      assert.equal(await versions.head(newKey(), versionId), undefined)
    })

    it('lists the versions of one key alone, the newest first (I9)', async () => {
      const { key, facts, versionId, marker } = await putAndMark()
      await put(10, `${key}0`)
      await put(10, key.slice(0, -1))
      const again = await versions.restore(key, { versionId, facts })
      assert.ok(again.outcome === 'stored')
      const secondMarker = await versions.mark(key)
      const times = (await versions.list(key)).map(({ lastModified }) => lastModified)
      assert.deepEqual(
        (await kindsOf(key)).map(version => version.versionId),
        [secondMarker.versionId, again.versionId, marker, versionId],
      )
      assert.deepEqual(
        times,
        times.toSorted((a, b) => b - a),
      )
      assert.ok(times.every(time => time % 1000 === 0 && Math.abs(time - Date.now()) < 60_000))
    })

    it('lists the keys of a database that a marker hides, in their order (I9)', async () => {
      const prefix = (name: string) => blobPrefix(`${database}${name}`)
      const ref = (number: number) => ({ oid: number.toString(16).padStart(16, '0'), tid: '0'.repeat(16) })
      const keyOf = (name: string, number: number) => blobKey(`${database}${name}`, ref(number))
      const marked = async (key: string) => {
        await put(10, key)
        await versions.mark(key)
      }
      for (const number of [3, 1, 4, 2]) await marked(keyOf('x', number))
      await marked(keyOf('xx', 1))
      await put(10, keyOf('x', 2))
      await put(10, keyOf('x', 5))
      const found: string[] = []
      for await (const key of versions.listMarked(prefix('x'))) found.push(key)
      assert.deepEqual(
        found,
        [1, 3, 4].map(number => keyOf('x', number)),
      )
      for await (const key of versions.listMarked(prefix('none'))) assert.fail(key)
    })

    for (const size of [0, 1, 5000, 200_000]) {
      it(`brings ${size} bytes back with their facts, above the marker (I5)`, async () => {
        const { key, content, facts, versionId, marker } = await putAndMark(size)
        const restored = await versions.restore(key, { versionId, facts })
        assert.ok(restored.outcome === 'stored')
        const head = await bucket.head(key)
        const own = { vouched: 0, lastModified: 0 }
        assert.deepEqual({ ...head, ...own }, { ...facts, versionId: restored.versionId, ...own })
        assert.deepEqual(await bytesAt(key), content)
        assert.notEqual(restored.versionId, versionId)
        const kinds = (await kindsOf(key)).map(version => version.versionId)
        assert.deepEqual(kinds, [restored.versionId, marker, versionId])
      })
    }

    it('says that nothing was copied where the version is none of the key’s', async () => {
      const { key, facts } = await putAndMark()
      const { versionId } = await put()
      await assert.rejects(versions.restore(key, { versionId, facts }), { code: 'BLOB_MISSING' })
      assert.equal(await bucket.head(key), undefined)
    })

    it('never copies onto an object (I3)', { skip: limits.copiesOntoObjects ?? false }, async () => {
      const { key, facts, versionId } = await putAndMark()
      const other = await put(300, key)
      assert.deepEqual(await versions.restore(key, { versionId, facts }), { outcome: 'present' })
      assert.deepEqual(await bytesAt(key), other.content)
    })

    it('copies once when several ask at once (I3)', { skip: limits.copiesOntoObjects ?? false }, async () => {
      const { key, facts, versionId } = await putAndMark()
      const asked = Array.from({ length: 5 }, () => versions.restore(key, { versionId, facts }))
      const outcomes = (await Promise.all(asked)).map(({ outcome }) => outcome)
      assert.deepEqual(outcomes.toSorted(), ['present', 'present', 'present', 'present', 'stored'])
    })
  })
}
