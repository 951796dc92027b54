import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BEATS_OF_A_LEASE, isStillHeld, judgeLease } from '../../core/model/judge-lease.ts'
import { leaseOf } from './arbitrary-fleet.ts'

const BEAT = 60_000
const own = { holder: 'b', identity: 'disk' }
const row = leaseOf('blobs', { identity: 'disk' })

describe('the lease of a volume', () => {
  it('is taken when nobody has it, when it is one’s own, and when it has not changed for long', () => {
    const { holder: _, ...given } = row
    assert.equal(judgeLease({ row: undefined, unchangedFor: 0 }, own), 'take')
    assert.equal(judgeLease({ row: given, unchangedFor: 0 }, own), 'take')
    assert.equal(judgeLease({ row: { ...row, holder: 'b' }, unchangedFor: 0 }, own), 'take')
    assert.equal(judgeLease({ row, unchangedFor: 0 }, own), 'stand by')
    assert.equal(judgeLease({ row, unchangedFor: BEATS_OF_A_LEASE * BEAT }, own), 'take')
  })

  it('of another disk under the same name is told, not shared', () => {
    assert.equal(judgeLease({ row: { ...row, identity: 'other' }, unchangedFor: 0 }, own), 'name taken')
  })

  it('is judged by its holder’s heartbeat, not by that of whoever waits', () => {
    const slow = { ...row, heartbeat: 10 * BEAT }
    assert.equal(judgeLease({ row: slow, unchangedFor: BEATS_OF_A_LEASE * BEAT }, own), 'stand by')
  })

  it('is never held by one when another may take it, whatever their clocks say and however late a write arrives', () => {
    fc.assert(
      fc.property(fc.nat({ max: 600_000 }), fc.nat({ max: 600_000 }), (arrival, passed) => {
        // The renewal was sent at 0, arrived later, and was seen later still by whoever waits.
        const seen = arrival
        const taken = judgeLease({ row, unchangedFor: passed - seen }, own) === 'take'
        assert.ok(!(taken && isStillHeld(passed, BEAT)))
      }),
    )
  })
})
