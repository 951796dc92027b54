import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isOpen, judgeCounts, judgeTime, latestOf } from '../../core/model/judge-report.ts'
import { reportId } from '../../core/model/key.ts'
import { NO_COUNTS, REPORT_STATES, type ReportCounts, type ReportRow } from '../../core/model/report-row.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { reportOf, THEN } from '../contract/report-rows.ts'

const hex = (number: number) => number.toString(16).padStart(16, '0')
const row = (horizon: number, more: Partial<ReportRow> = {}): ReportRow => {
  const {
    decidedAt: _,
    endedAt: __,
    ...rest
  } = reportOf({
    ...{ database: 'main', report: reportId(hex(horizon), hex(horizon)) },
  })
  return { ...rest, reasons: [], ...more }
}
const done = (horizon: number, decidedAt: number, generation = '1') => row(horizon, { decidedAt, generation })
/** Its horizon is that time. */
const at = (time: number, more: Partial<ReportRow> = {}) =>
  row(0, { report: reportId(timeToTid(time), hex(1)), ...more })
const counts = (more: Partial<ReportCounts>): ReportCounts => ({ ...NO_COUNTS, ...more })

const refusalOf = (report: ReportRow, others: readonly ReportRow[], generation = '1') =>
  judgeTime(report, others, { generation }).map(({ refusal }) => refusal)

describe('the time of a live report', () => {
  it('is that of the deployed generation', () => {
    assert.deepEqual(refusalOf(row(5), []), [])
    assert.deepEqual(refusalOf(row(5, { generation: '2' }), []), ['other generation'])
    assert.deepEqual(refusalOf(row(5, { generation: undefined }), []), ['other generation'])
  })

  it('is not before the last one that was followed in its generation', () => {
    assert.deepEqual(refusalOf(row(5), [done(6, 1)]), ['older'])
    assert.deepEqual(refusalOf(row(5), [done(6, 1), done(4, 2)]), ['older'])
    assert.deepEqual(refusalOf(row(5), [row(6, { state: 'condemning', decidedAt: 1 })]), ['older'])
    assert.deepEqual(refusalOf(row(5), [done(4, 1), done(5, 2)]), [])
    for (const state of ['counting', 'waiting', 'refused', 'rejected'] as const)
      assert.deepEqual(refusalOf(row(5), [row(6, { state })]), [], state)
    assert.deepEqual(refusalOf(row(5), [done(6, 1, '0')]), [], 'of another generation')
  })

  it('is not before that of one that was followed and stored later, whatever their horizons say', () => {
    const later: ReportRow = { ...done(4, 1), storedAt: THEN + 1000 }
    assert.deepEqual(refusalOf(row(5), [later]), ['older'])
    assert.deepEqual(refusalOf(row(5), [{ ...later, state: 'condemning' }]), ['older'])
    assert.deepEqual(refusalOf(row(5, { storedAt: later.storedAt }), [later]), [], 'within the same second')
    for (const state of ['counting', 'waiting', 'refused', 'rejected'] as const)
      assert.deepEqual(refusalOf(row(5), [{ ...later, state }]), [], state)
    assert.deepEqual(refusalOf(row(5), [{ ...later, generation: '0' }]), [], 'of another generation')
  })

  it('is older exactly when one that was followed has a later horizon, or was stored later', () => {
    const anyTime = fc.record({ horizon: fc.nat(4), storedAt: fc.nat(4) })
    fc.assert(
      fc.property(anyTime, fc.array(anyTime, { maxLength: 4 }), (own, others) => {
        const followed = others.map(({ horizon, storedAt }, nth) => ({
          ...done(horizon, nth),
          ...{ report: reportId(hex(horizon), hex(100 + nth)), storedAt },
        }))
        const older = others.some(({ horizon, storedAt }) => horizon > own.horizon || storedAt > own.storedAt)
        const told = refusalOf(row(own.horizon, { storedAt: own.storedAt }), followed)
        assert.deepEqual(told, older ? ['older'] : [])
      }),
    )
  })

  it('is not after the time when it was stored, but for clocks that differ by a quarter of an hour', () => {
    const quarter = 15 * 60_000
    assert.deepEqual(refusalOf(at(THEN + quarter - 1), []), [])
    assert.deepEqual(refusalOf(at(THEN + quarter + 1), []), ['future'])
    assert.deepEqual(refusalOf(at(THEN + quarter + 1, { state: 'waiting', endedAt: THEN }), []), ['future'])
    assert.deepEqual(refusalOf(row(5, { report: reportId('f'.repeat(16), hex(1)) }), []), ['future'])
  })

  it('is not that of a generation that was left for another, even when it is deployed again', () => {
    assert.deepEqual(refusalOf(row(9), [done(5, 1, '1'), done(6, 2, '2')]), ['other generation'])
    assert.deepEqual(refusalOf(row(9), [done(6, 1, '2'), done(5, 2, '1')]), [])
    assert.deepEqual(refusalOf(row(9), [done(6, 1, '2')]), [], 'a generation nobody has followed')
  })

  it('is not compared with itself', () => {
    const own = { ...row(5), state: 'condemning', decidedAt: 1 } as const
    assert.deepEqual(refusalOf(own, [own]), [])
  })
})

describe('what following a live report would change', () => {
  const refusals = (more: Partial<ReportCounts>, largestShare = 0.2) =>
    judgeCounts(counts(more), { largestShare }).map(({ refusal }) => refusal)

  it('may be nothing at all', () => {
    assert.deepEqual(refusals({}), [])
    assert.deepEqual(refusals({ young: 7 }), [])
    assert.deepEqual(refusals({ alive: 8, condemned: 2 }), [])
  })

  it('may not be everything that it could know', () => {
    assert.deepEqual(refusals({ condemned: 1 }, 1), ['unrelated'])
    assert.deepEqual(refusals({ known: 1 }), ['unrelated'])
    assert.deepEqual(refusals({ swept: 1, young: 9 }), ['unrelated'])
    assert.deepEqual(refusals({ swept: 1, alive: 1 }), [])
  })

  it('may not contradict what was condemned', () => {
    assert.deepEqual(refusals({ alive: 9, revived: 1, contradicting: 1 }), ['contradicting'])
    assert.deepEqual(refusals({ alive: 9, revived: 1 }), [])
  })

  it('may not be more than the allowed share, by exactly one blob', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.nat(64), (alive, condemned, parts) => {
        fc.pre(alive > 0)
        const told = refusals({ alive, condemned }, parts / 64)
        assert.equal(told.includes('too much'), condemned * 64 > parts * (alive + condemned))
      }),
    )
  })
})

describe('what waits for a person', () => {
  it('is refused or waits, and no other that came since was followed', () => {
    for (const state of REPORT_STATES) {
      const own = row(5, { state, endedAt: 10 })
      const open = state === 'waiting' || state === 'refused'
      assert.equal(isOpen(own, [own]), open, state)
      const other = (storedAt: number, decidedAt: number) => row(6, { storedAt, decidedAt })
      assert.equal(isOpen(own, [own, other(11, 12)]), false, state)
      assert.equal(isOpen(own, [own, other(8, 9)]), open, state)
      // It was on its way already: perhaps from before the restore that this one shows.
      assert.equal(isOpen(own, [own, other(9, 12)]), open, state)
      const sentAgain = row(5, { storedAt: 11, decidedAt: 12 })
      assert.equal(isOpen(own, [own, sentAgain]), open, state)
      assert.equal(isOpen(own, [own, { ...sentAgain, generation: '2' }]), false, state)
    }
  })

  it('is what is of the future only until one is followed whose snapshot is from after it was stored', () => {
    const own = at(THEN + 86_400_000, { state: 'refused', endedAt: THEN + 1 })
    const next = (horizon: number, storedAt = THEN + 1000) =>
      at(horizon, { report: reportId(timeToTid(horizon), hex(2)), storedAt })
    assert.equal(isOpen(own, [own, next(THEN + 100)]), false)
    assert.equal(isOpen(own, [own, next(THEN - 100)]), true)
    assert.equal(isOpen(own, [own, next(THEN + 100, THEN + 1)]), true)
  })

  it('is what was refused in the middle only until one is followed that came after its decision', () => {
    const own = row(5, { state: 'refused', decidedAt: 10, endedAt: 20 })
    assert.equal(isOpen(own, [own, row(6, { storedAt: 11 })]), false)
    assert.equal(isOpen(own, [own, row(6, { storedAt: 10 })]), true)
    assert.equal(isOpen(own, [own, row(5, { storedAt: 11 })]), true)
  })

  it('is told apart from the last that was decided on', () => {
    assert.equal(latestOf([]), undefined)
    assert.equal(latestOf([done(9, 1), done(2, 3), done(5, 2)])?.decidedAt, 3)
  })
})
