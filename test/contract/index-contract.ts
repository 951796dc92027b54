import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { inParallel } from '../../core/in-parallel.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import { blobKey } from '../../core/model/key.ts'
import type { BlobIndex } from '../../core/ports.ts'

const hexId = () => randomBytes(8).toString('hex')

/** The contract of the port BlobIndex; every implementation passes it. */
export function describeIndexContract(name: string, start: () => Promise<BlobIndex>): void {
  describe(`BlobIndex contract: ${name}`, async () => {
    const index = await start()
    const database = `db${randomUUID().slice(0, 8)}`
    const newRow = (more: Partial<BlobRow> = {}): BlobRow => ({
      formatVersion: 1,
      database,
      oid: hexId(),
      tid: hexId(),
      size: 1234,
      sha256: randomBytes(32).toString('hex'),
      contentType: 'image/png',
      versionId: 'some-version',
      archivedAt: 1_790_000_000_000,
      state: 'archived',
      ...more,
    })

    it('gives back the row that was inserted, with and without a version', async () => {
      const { versionId: _, ...unversioned } = newRow()
      for (const row of [newRow(), unversioned]) {
        assert.equal(await index.insert(row), undefined)
        assert.deepEqual(await index.find(database, [row]), [row])
      }
    })

    it('does not insert over a row and answers what is there (I8)', async () => {
      const row = newRow()
      await index.insert(row)
      assert.deepEqual(await index.insert({ ...row, size: 1 }), row)
      assert.deepEqual(await index.find(database, [row]), [row])
    })

    it('answers one row per ref, in their order, with undefined for what it does not know', async () => {
      const rows = Array.from({ length: 250 }, () => newRow())
      await Promise.all(rows.map(row => index.insert(row)))
      const asked = rows.flatMap(row => [row, { oid: hexId(), tid: row.tid }, row])
      const expected = rows.flatMap(row => [row, undefined, row])
      assert.deepEqual(await index.find(database, asked), expected)
      assert.deepEqual(await index.find(database, []), [])
    })

    it('replaces a row that is still as it was', async () => {
      const row = newRow()
      await index.insert(row)
      const condemned: BlobRow = { ...row, state: 'condemned' }
      assert.equal(await index.replace(row, condemned), true)
      assert.deepEqual(await index.find(database, [row]), [condemned])
    })

    it('does not replace a row that somebody else changed, nor one that is not there (I8)', async () => {
      const row = newRow()
      assert.equal(await index.replace(row, { ...row, state: 'condemned' }), false)
      await index.insert(row)
      assert.equal(await index.replace({ ...row, state: 'swept' }, { ...row, size: 5 }), false)
      assert.equal(await index.replace({ ...row, archivedAt: 5 }, { ...row, size: 5 }), false)
      assert.deepEqual(await index.find(database, [row]), [row])
    })

    it('lists all rows of one database in the order of their refs, and none of another (I9)', async () => {
      const own = `${database}-own`
      const shared = hexId()
      const rows = Array.from({ length: 600 }, (_, i) =>
        newRow({ database: own, ...(i < 300 ? { oid: shared } : {}) }),
      )
      await inParallel([...rows, newRow({ database: `${own}-not` })], 16, async row => {
        await index.insert(row)
      })
      const listed: BlobRow[] = []
      for await (const row of index.list(own)) listed.push(row)
      assert.deepEqual(
        listed,
        rows.sort((a, b) => (blobKey(own, a) < blobKey(own, b) ? -1 : 1)),
      )
    })
  })
}
