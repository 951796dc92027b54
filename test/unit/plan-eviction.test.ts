import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type CachedBlob, IN_USE, planEviction } from '../../client/read/cache/plan-eviction.ts'

const NOW = 1_800_000_000_000

interface Described extends CachedBlob {
  /** Undefined: its file is gone. */
  used: number | undefined
}

const cached = fc
  .array(
    fc.record({
      size: fc.integer({ min: 0, max: 100 }),
      seen: fc.integer({ min: NOW - 10 * IN_USE, max: NOW }),
      used: fc.option(fc.integer({ min: NOW - 10 * IN_USE, max: NOW + IN_USE }), { nil: undefined }),
    }),
    { maxLength: 40 },
  )
  .map(blobs => blobs.map((blob, i): Described => ({ ...blob, sequence: i + 1, name: `b${i + 1}` })))

function plan(blobs: readonly Described[], need: number, want = need) {
  const usedAt = ({ sequence }: CachedBlob) => blobs[sequence - 1]?.used
  return planEviction(() => blobs, usedAt, { need, want, now: NOW })
}

/** A little in the future as well: clocks and file systems round differently. */
const inUse = ({ used }: Described) => used !== undefined && Math.abs(NOW - used) < IN_USE
const sum = (blobs: readonly CachedBlob[]) => blobs.reduce((bytes, { size }) => bytes + size, 0)

describe('planning an eviction', () => {
  it('never takes a file that was used lately, and nothing twice', () => {
    fc.assert(
      fc.property(cached, fc.integer({ min: 0, max: 2000 }), (blobs, need) => {
        const { evict, gone } = plan(blobs, need)
        assert.ok(!evict.some(blob => inUse(blob as Described)))
        assert.ok(gone.every(blob => (blob as Described).used === undefined))
        assert.equal(new Set([...evict, ...gone]).size, evict.length + gone.length)
      }),
    )
  })

  it('frees what is needed whenever that can be freed at all', () => {
    fc.assert(
      fc.property(cached, fc.integer({ min: 0, max: 2000 }), (blobs, need) => {
        const { evict, gone } = plan(blobs, need)
        const could = sum(blobs.filter(blob => !inUse(blob)))
        assert.ok(sum([...evict, ...gone]) >= Math.min(need, could))
      }),
    )
  })

  it('takes nothing when nothing is needed', () => {
    fc.assert(fc.property(cached, blobs => assert.deepEqual(plan(blobs, 0).evict, [])))
  })

  it('spares what was visited since it was last looked at, once', () => {
    const old = NOW - 5 * IN_USE
    const blob = (sequence: number, used: number): Described => ({
      sequence,
      name: `b${sequence}`,
      size: 10,
      seen: old,
      used,
    })
    const blobs = [blob(1, old + 1), blob(2, old), blob(3, old + 1)]
    const first = plan(blobs, 10)
    assert.deepEqual(
      first.evict.map(({ name }) => name),
      ['b2'],
    )
    assert.deepEqual([...first.spare.keys()], [1])
    assert.equal(first.hand, 2)
    const all = plan(blobs, 30)
    assert.deepEqual(all.evict.map(({ name }) => name).sort(), ['b1', 'b2', 'b3'])
  })

  it('evicts a few more for the sake of room to come, and not many at a time', () => {
    const blobs = Array.from(
      { length: 500 },
      (_, i): Described => ({ sequence: i + 1, name: `b${i + 1}`, size: 1, seen: NOW, used: 1 }),
    )
    assert.equal(plan(blobs, 1, 10).evict.length, 10)
    assert.equal(plan(blobs, 1, 400).evict.length, 64)
    assert.equal(plan(blobs, 300, 400).evict.length, 300)
  })
})
