import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { inParallel } from '../../core/in-parallel.ts'
import type { ScheduleLease } from '../../core/model/schedule-lease.ts'
import { type VolumeRows, volumeSortKey } from '../../core/model/volume-row.ts'
import type { FleetIndex } from '../../core/ports.ts'
import { leaseOf, orderOf, summaryOf, THEN } from './fleet-rows.ts'

/** The contract of the port FleetIndex; every implementation passes it. */
export function describeFleetContract(name: string, start: () => Promise<FleetIndex>): void {
  describe(`FleetIndex contract: ${name}`, async () => {
    const fleet = await start()
    const database = `db${randomUUID().slice(0, 8)}`
    let volumes = 0
    const newVolume = () => ({ database, volume: `volume-${volumes++}` })

    const listOf = async (database: string) => {
      const listed: VolumeRows[] = []
      for await (const rows of fleet.list(database)) listed.push(rows)
      return listed
    }

    it('knows nothing of a volume of which nobody told', async () => {
      const of = newVolume()
      assert.deepEqual(await fleet.read(database, of.volume), { volume: of.volume })
      assert.equal(await fleet.readOrder(database, of.volume), undefined)
      assert.deepEqual(await listOf(`${database}-none`), [])
    })

    it('gives back each row as it was written, with and without what may be left out', async () => {
      const [full, scant] = [newVolume(), newVolume()]
      const { holder: _, spent: __, ...lease } = leaseOf(scant)
      const { oldestWaiting: ___, cache: ____, ...summary } = summaryOf(scant)
      const order = orderOf(scant, { budget: {} })
      const expected = [
        { ...full, rows: { lease: leaseOf(full), summary: summaryOf(full), order: orderOf(full) } },
        { ...scant, rows: { lease, summary, order } },
      ]
      for (const { volume, rows } of expected) {
        assert.equal(await fleet.writeLease(undefined, rows.lease), true)
        assert.equal(await fleet.writeSummary(rows.summary), true)
        assert.equal(await fleet.writeOrder(rows.order), true)
        assert.deepEqual(await fleet.read(database, volume), { volume, ...rows })
        assert.deepEqual(await fleet.readOrder(database, volume), rows.order)
      }
    })

    it('writes a lease that is still as it was, and no other', async () => {
      const of = newVolume()
      const [first, second] = [leaseOf(of), leaseOf(of, { revision: 2, heartbeatAt: THEN + 1 })]
      assert.equal(await fleet.writeLease(first, second), false)
      assert.equal(await fleet.writeLease(undefined, first), true)
      assert.equal(await fleet.writeLease(undefined, first), false)
      assert.equal(await fleet.writeLease(first, second), true)
      assert.equal(await fleet.writeLease(first, leaseOf(of, { revision: 2, term: 2 })), false)
      assert.deepEqual((await fleet.read(database, of.volume)).lease, second)
    })

    it('takes the summary of the same or a later term, and none of an earlier one', async () => {
      const of = newVolume()
      assert.equal(await fleet.writeSummary(summaryOf(of, { term: 4 })), true)
      assert.equal(await fleet.writeSummary(summaryOf(of, { term: 4, madeAt: THEN + 1 })), true)
      assert.equal(await fleet.writeSummary(summaryOf(of, { term: 3, madeAt: THEN + 2 })), false)
      assert.equal(await fleet.writeSummary(summaryOf(of, { term: 10, madeAt: THEN + 3 })), true)
      assert.equal((await fleet.read(database, of.volume)).summary?.madeAt, THEN + 3)
    })

    it('takes the order of a later run, and neither the same one twice nor an earlier one (I8)', async () => {
      const of = newVolume()
      assert.equal(await fleet.writeOrder(orderOf(of)), true)
      assert.equal(await fleet.writeOrder(orderOf(of)), false)
      assert.equal(await fleet.writeOrder(orderOf(of, { budget: {} })), false)
      assert.equal(await fleet.writeOrder(orderOf(of, { run: THEN - 1 })), false)
      assert.deepEqual(await fleet.readOrder(database, of.volume), orderOf(of))
      assert.equal(await fleet.writeOrder(orderOf(of, { run: THEN + 1 })), true)
      assert.equal((await fleet.readOrder(database, of.volume))?.run, THEN + 1)
    })

    it('answers one of those who write at once, even where they write the same', async () => {
      const of = newVolume()
      const lease = leaseOf(of)
      const next = leaseOf(of, { revision: 2 })
      assert.equal(await winners(() => fleet.writeLease(undefined, lease)), 1)
      assert.equal(await winners(() => fleet.writeLease(lease, next)), 1)
      assert.equal(await winners(() => fleet.writeOrder(orderOf(of))), 1)
      const before = await fleet.readScheduleLease()
      const run: ScheduleLease = { ...scheduleLeaseAfter(before), until: THEN + 1 }
      assert.equal(await winners(() => fleet.writeScheduleLease(before, run)), 1)
    })

    it('writes the lease of the schedule that is still as it was, and no other', async () => {
      const before = await fleet.readScheduleLease()
      const taken = scheduleLeaseAfter(before)
      assert.equal(await fleet.writeScheduleLease(before, taken), true)
      assert.equal(await fleet.writeScheduleLease(before, { ...taken, until: 0 }), false)
      assert.deepEqual(await fleet.readScheduleLease(), taken)
      const ended = { ...scheduleLeaseAfter(taken), until: 0 }
      assert.equal(await fleet.writeScheduleLease(taken, ended), true)
      assert.deepEqual(await fleet.readScheduleLease(), ended)
    })

    it('keeps volumes apart whose names begin alike, and lists them by their names', async () => {
      const own = `${database}-alike`
      const names = ['blobs', 'blobs-2', 'blobs0', 'blob']
      for (const volume of names) {
        await fleet.writeOrder(orderOf({ database: own, volume }))
        await fleet.writeLease(undefined, leaseOf({ database: own, volume }))
      }
      const rowsOf = (volume: string) => {
        const of = { database: own, volume }
        return { volume, lease: leaseOf(of), order: orderOf(of) }
      }
      for (const volume of names) assert.deepEqual(await fleet.read(own, volume), rowsOf(volume))
      assert.deepEqual(await listOf(own), [...names].sort().map(rowsOf))
    })

    it('lists more volumes than fit into a page, and none of another database (I9)', async () => {
      const own = `${database}-own`
      const many = Array.from({ length: 1200 }, (_, i) => ({ database: own, volume: `v${i}` }))
      await inParallel(many, 16, async of => {
        await fleet.writeLease(undefined, leaseOf(of))
        await fleet.writeSummary(summaryOf(of))
        await fleet.writeOrder(orderOf(of))
      })
      for (const other of [`${own}-old`, `${own}0`])
        await fleet.writeLease(undefined, leaseOf({ database: other, volume: 'v1' }))
      const listed = await listOf(own)
      assert.deepEqual(
        listed,
        many
          .sort((a, b) => (volumeSortKey(a.volume, 'lease') < volumeSortKey(b.volume, 'lease') ? -1 : 1))
          .map(of => ({ volume: of.volume, lease: leaseOf(of), summary: summaryOf(of), order: orderOf(of) })),
      )
      assert.ok(JSON.stringify(listed).length > 2 ** 20, 'more than a page')
    })
  })
}

async function winners(write: () => Promise<boolean>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: 8 }, write))
  return answers.filter(answer => answer).length
}

function scheduleLeaseAfter(before: ScheduleLease | undefined): ScheduleLease {
  return { formatVersion: 1, revision: (before?.revision ?? 0) + 1, run: THEN, until: THEN + 900_000 }
}
