import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { blobKey } from '../../core/model/key.ts'
import type { BlobBeginnings } from '../../core/ports.ts'
import { type BucketUnderTest, factsOf } from './bucket-contract.ts'

export interface BeginningsUnderTest extends Pick<BucketUnderTest, 'bucket' | 'mark'> {
  beginnings: BlobBeginnings
}

/** The contract of the port BlobBeginnings; every implementation passes it. */
export function describeBeginningsContract(name: string, start: () => Promise<BeginningsUnderTest>): void {
  describe(`BlobBeginnings contract: ${name}`, async () => {
    const { bucket, beginnings, mark } = await start()
    const database = `db${randomUUID().slice(0, 8)}`
    const newKey = () =>
      blobKey(database, { oid: randomBytes(8).toString('hex'), tid: randomBytes(8).toString('hex') })

    async function put(size: number) {
      const key = newKey()
      const content = randomBytes(size)
      await bucket.put(key, factsOf(content, 'image/png'), { open: () => content })
      return { key, content }
    }

    for (const size of [0, 1, 99, 100, 101, 300_000])
      it(`of ${size} bytes are the first 100, or all there are, with what a head tells`, async () => {
        const { key, content } = await put(size)
        const found = await beginnings.read(key, 100)
        assert.ok(found)
        assert.deepEqual(Buffer.from(found.bytes), content.subarray(0, 100))
        const own = { vouched: false }
        assert.deepEqual({ ...found.stored, ...own }, { ...(await bucket.head(key)), ...own })
      })

    it('of one byte is that byte', async () => {
      const { key, content } = await put(5)
      assert.deepEqual(Buffer.from((await beginnings.read(key, 1))?.bytes ?? []), content.subarray(0, 1))
    })

    it('are not those of a missing key (I11)', async () => {
      assert.equal(await beginnings.read(newKey(), 100), undefined)
    })

    it('are not those of a marked key', { skip: !mark && 'this bucket has no versions' }, async () => {
      for (const size of [0, 100]) {
        const { key } = await put(size)
        await mark?.(key)
        assert.equal(await beginnings.read(key, 100), undefined)
      }
    })
  })
}
