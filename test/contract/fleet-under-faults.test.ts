import assert from 'node:assert/strict'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import type { VolumeRows } from '../../core/model/volume-row.ts'
import type { FleetIndex } from '../../core/ports.ts'
import { leaseOf, orderOf, summaryOf, THEN } from './fleet-rows.ts'
import { describeUnderFaults, openTableAdapter } from './table-under-faults.ts'
import type { Call } from './through-faults.ts'

/** Under every fault the fleet's adapter ends in what is true or in an error of ours (I11). */

const adapter = await openTableAdapter(createDynamoFleet)
const { truth } = adapter

const known = { database: 'main', volume: 'blobs' }
const present: VolumeRows = {
  volume: known.volume,
  lease: leaseOf(known, { revision: 7 }),
  summary: summaryOf(known, { term: 7 }),
  order: orderOf(known),
}
await truth.writeLease(undefined, leaseOf(known, { revision: 7 }))
await truth.writeSummary(summaryOf(known, { term: 7 }))
await truth.writeOrder(orderOf(known))
await truth.writeScheduleLease(undefined, { formatVersion: 1, revision: 1, run: THEN, until: 0 })

let unused = 1
const fresh = () => ({ database: 'fresh', volume: `v${unused++}` })

/** Each kind of write, of a row that nobody wrote before; answers what is there then. */
const WRITES: Record<string, (fleet: FleetIndex) => Promise<void>> = {
  'a first lease': async fleet => {
    const of = fresh()
    assert.equal(await fleet.writeLease(undefined, leaseOf(of)), true)
    assert.deepEqual((await truth.read(of.database, of.volume)).lease, leaseOf(of))
  },
  'a lease': async fleet => {
    const of = fresh()
    const next = leaseOf(of, { revision: 2 })
    await truth.writeLease(undefined, leaseOf(of))
    assert.equal(await fleet.writeLease(leaseOf(of), next), true)
    assert.deepEqual((await truth.read(of.database, of.volume)).lease, next)
  },
  'a summary': async fleet => {
    const of = fresh()
    assert.equal(await fleet.writeSummary(summaryOf(of)), true)
    assert.deepEqual((await truth.read(of.database, of.volume)).summary, summaryOf(of))
  },
  'an order': async fleet => {
    const of = fresh()
    assert.equal(await fleet.writeOrder(orderOf(of)), true)
    assert.deepEqual(await truth.readOrder(of.database, of.volume), orderOf(of))
  },
  'the lease of the schedule': async fleet => {
    const before = await truth.readScheduleLease()
    const next = { formatVersion: 1, revision: (before?.revision ?? 0) + 1, run: THEN, until: THEN } as const
    assert.equal(await fleet.writeScheduleLease(before, next), true)
    assert.deepEqual(await truth.readScheduleLease(), next)
  },
}

const CALLS: Record<string, Call<FleetIndex>> = {
  'reading a volume': {
    run: async fleet => assert.deepEqual(await fleet.read('main', 'blobs'), present),
  },
  'reading nothing': {
    run: async fleet => assert.deepEqual(await fleet.read('main', 'none'), { volume: 'none' }),
  },
  'reading an order': {
    run: async fleet => assert.deepEqual(await fleet.readOrder('main', 'blobs'), present.order),
  },
  'listing the volumes': {
    run: async fleet => {
      const listed: VolumeRows[] = []
      for await (const rows of fleet.list('main')) listed.push(rows)
      assert.deepEqual(listed, [present])
    },
  },
  'reading the lease of the schedule': {
    run: async fleet => assert.notEqual(await fleet.readScheduleLease(), undefined),
  },
  'a lease that somebody else has': {
    run: async fleet => assert.equal(await fleet.writeLease(undefined, leaseOf(known)), false),
  },
  ...Object.fromEntries(Object.entries(WRITES).map(([name, run]) => [`writing ${name}`, { run }])),
}

describeUnderFaults("the fleet's adapter (I8, I11)", adapter, CALLS, WRITES)
