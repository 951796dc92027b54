import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createArchivePlan, judge, type VolumeFile } from '../../core/model/archive-policy.ts'
import { budgetLeft, isValid, planSlice, timeByOrder } from '../../core/model/order-plan.ts'
import type { OrderRow } from '../../core/model/volume-row.ts'
import { anyFiles, DAY, NOW } from './arbitrary-summary.ts'

const HOUR = 3_600_000
const ORDER: OrderRow = {
  ...{ formatVersion: 1, database: 'main', volume: 'blobs', run: NOW, issuedAt: NOW, validFor: 2 * HOUR },
  archive: { minAge: DAY, minSize: 100, quiet: 0, allowEmpty: false },
  release: { delay: 7 * DAY, replicated: false },
  budget: {},
}

const anyPolicy = fc.record({
  minAge: fc.constantFrom(0, DAY, 400 * DAY),
  minSize: fc.constantFrom(0, 1, 100_000),
  quiet: fc.constant(0),
  allowEmpty: fc.boolean(),
})
const anyLeft = fc.record({
  blobs: fc.oneof(fc.nat({ max: 60 }), fc.constant(Number.POSITIVE_INFINITY)),
  bytes: fc.oneof(fc.nat({ max: 2 ** 32 }), fc.constant(Number.POSITIVE_INFINITY)),
})
const anyMost = fc.record({
  looks: fc.integer({ min: 1, max: 20 }),
  blobs: fc.integer({ min: 1, max: 10 }),
  bytes: fc.integer({ min: 1, max: 2 ** 31 }),
})

const largestFirst = (files: readonly VolumeFile[]) => [...files].sort((a, b) => b.size - a.size)

describe('what an order lets an agent do', () => {
  it('never goes over the budget, slice by slice, nor takes what the plan would keep', () => {
    fc.assert(
      fc.property(anyFiles, anyPolicy, anyLeft, anyMost, (files, policy, left, most) => {
        const all = largestFirst(files).values()
        const total = { blobs: 0, bytes: 0 }
        for (let ended = false; !ended; ) {
          const rest = { blobs: left.blobs - total.blobs, bytes: left.bytes - total.bytes }
          const slice = planSlice(all, policy, rest, most, NOW)
          assert.ok(slice.due.length <= most.blobs)
          for (const file of slice.due) assert.equal(judge(file, policy, NOW), 'due')
          total.blobs += slice.total.blobs
          total.bytes += slice.total.bytes
          ended = slice.ended
        }
        assert.ok(total.blobs <= left.blobs && total.bytes <= left.bytes)
      }),
    )
  })

  it('without a limit archives exactly what the plan of the command would, in its order', () => {
    fc.assert(
      fc.property(anyFiles, anyPolicy, (files, policy) => {
        const plan = createArchivePlan(policy, NOW)
        for (const file of files) plan.add(file)
        const infinite = Number.POSITIVE_INFINITY
        const none = { blobs: infinite, bytes: infinite, looks: infinite }
        const { due, kept, ended } = planSlice(largestFirst(files).values(), policy, none, none, NOW)
        assert.ok(ended)
        assert.deepEqual(
          due.map(({ size }) => size),
          plan.finish().due.map(({ size }) => size),
        )
        assert.deepEqual(kept, plan.finish().kept)
      }),
    )
  })

  it('passes over a file that does not fit, for a smaller one that does', () => {
    const file = (size: number) => ({
      ref: { oid: '0'.repeat(16), tid: '03a0000000000000' },
      size,
      changed: 0,
    })
    const files = [file(900), file(500), file(300)].values()
    const { due, kept } = planSlice(
      files,
      ORDER.archive,
      { blobs: 9, bytes: 850 },
      { blobs: 9, bytes: 9e9, looks: 9 },
      NOW,
    )
    assert.deepEqual(
      due.map(({ size }) => size),
      [500, 300],
    )
    assert.deepEqual(kept, { 'over the budget': { blobs: 1, bytes: 900 } })
  })

  it('takes what is empty, where that may go, though all bytes are used up', () => {
    const file = (size: number) => ({
      ref: { oid: '0'.repeat(16), tid: '03a0000000000000' },
      size,
      changed: 0,
    })
    const most = { blobs: 9, bytes: 9e9, looks: 9 }
    const policy = { ...ORDER.archive, minSize: 0, allowEmpty: true }
    const slice = planSlice([file(200), file(0), file(0)].values(), policy, { blobs: 9, bytes: 0 }, most, NOW)
    assert.deepEqual(slice.total, { blobs: 2, bytes: 0 })
    assert.ok(slice.ended)
    const none = planSlice([file(0)].values(), policy, { blobs: 0, bytes: 0 }, most, NOW)
    assert.deepEqual(none.due, [])
  })

  it('counts what was taken for the order, and not what was taken for another', () => {
    const order = { ...ORDER, budget: { bytes: 1000 } }
    const spent = (run: number) => ({ spent: { run, blobs: 2, bytes: 300 } })
    assert.deepEqual(budgetLeft(order, {}), { blobs: Number.POSITIVE_INFINITY, bytes: 1000 })
    assert.deepEqual(budgetLeft(order, spent(NOW)), { blobs: Number.POSITIVE_INFINITY, bytes: 700 })
    assert.deepEqual(budgetLeft(order, spent(NOW - HOUR)).bytes, 1000)
  })

  it('knows no later time than the schedule’s own, whatever the clock of the host says (I1)', () => {
    fc.assert(
      fc.property(fc.integer({ min: -400, max: 400 }), fc.nat({ max: HOUR }), (days, seenFor) => {
        const own = NOW + days * DAY
        const time = timeByOrder({ order: ORDER, seenFor }, own)
        assert.ok(time <= NOW + seenFor && time <= own)
      }),
    )
  })

  it('ends by either clock', () => {
    assert.ok(isValid({ order: ORDER, seenFor: HOUR }, NOW + HOUR))
    assert.ok(!isValid({ order: ORDER, seenFor: 2 * HOUR }, NOW))
    assert.ok(!isValid({ order: ORDER, seenFor: 0 }, NOW + 2 * HOUR))
    assert.ok(isValid({ order: ORDER, seenFor: 0 }, NOW - 400 * DAY))
  })
})
