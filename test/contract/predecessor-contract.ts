import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import type { PredecessorBucket } from '../../core/ports.ts'
import { readAll } from './bucket-contract.ts'

/** What a server cannot do, each with its reason. */
export interface PredecessorLimits {
  /** It lists no keys with characters that XML cannot hold. */
  plainKeys?: string
}

export interface PredecessorUnderTest {
  predecessor: PredecessorBucket
  /** As its application does, over whatever is there. */
  put(key: string, content: Buffer): Promise<unknown> | unknown
  remove(key: string): Promise<unknown> | unknown
  limits?: PredecessorLimits
}

/** The contract of the port PredecessorBucket; every implementation passes it. */
export function describePredecessorContract(name: string, start: () => Promise<PredecessorUnderTest>): void {
  describe(`PredecessorBucket contract: ${name}`, async () => {
    const { predecessor, put, remove, limits = {} } = await start()
    const newKey = () => `${randomUUID()}/4d2/3d167f919308700.blob`
    const keysBelow = async (prefix: string) => {
      const found: { key: string; size: number }[] = []
      for await (const each of predecessor.list(prefix)) found.push(each)
      return found
    }

    it('lists what begins so, in the order of its keys, with sizes', async () => {
      const prefix = randomUUID()
      const names = ['/b', '/a/x', '/a b+c', '/ü&<%41>', '/a', '0']
      for (const [size, name] of names.entries()) await put(`${prefix}${name}`, randomBytes(size))
      await remove(`${prefix}/a`)
      assert.deepEqual(await keysBelow(`${prefix}/`), [
        { key: `${prefix}/a b+c`, size: 2 },
        { key: `${prefix}/a/x`, size: 1 },
        { key: `${prefix}/b`, size: 0 },
        { key: `${prefix}/ü&<%41>`, size: 3 },
      ])
      assert.deepEqual(await keysBelow(randomUUID()), [])
    })

    it('lists keys that no XML can hold', { skip: limits.plainKeys ?? false }, async () => {
      const key = `${randomUUID()}/\u0001\u001f\r`
      await put(key, randomBytes(1))
      assert.deepEqual(await keysBelow(key.slice(0, 30)), [{ key, size: 1 }])
    })

    for (const size of [0, 1, 5000, 300_000])
      it(`opens ${size} bytes, with the MD5 that was made of them`, async () => {
        const [key, content] = [newKey(), randomBytes(size)]
        await put(key, content)
        const found = await predecessor.open(key)
        assert.ok(found)
        assert.deepEqual(await readAll(found.body), content)
        assert.deepEqual([found.size, found.md5], [size, createHash('md5').update(content).digest('hex')])
      })

    it('says what is missing so (I11)', async () => {
      const key = newKey()
      assert.equal(await predecessor.open(key), undefined)
      await put(key, randomBytes(10))
      const { etag } = (await predecessor.open(key)) ?? {}
      await remove(key)
      assert.equal(await predecessor.open(key), undefined)
      assert.equal(await predecessor.open(key, etag), undefined)
    })

    it('opens one state again, and no other', async () => {
      const [key, content] = [newKey(), randomBytes(5000)]
      await put(key, content)
      const { etag } = (await predecessor.open(key)) ?? {}
      const again = await predecessor.open(key, etag)
      assert.ok(again)
      assert.deepEqual(await readAll(again.body), content)
      await put(key, randomBytes(5000))
      await assert.rejects(predecessor.open(key, etag), { code: 'SOURCE_CHANGED' })
    })
  })
}
