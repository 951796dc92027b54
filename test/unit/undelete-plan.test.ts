import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOB_STATES, type BlobRow } from '../../core/model/blob-row.ts'
import { DAY } from '../../core/model/quantity.ts'
import { planUndelete, SWEEP_SETTLES, versionsToTry } from '../../core/model/undelete-plan.ts'
import { anyRef } from './arbitrary.ts'

const NOW = Date.UTC(2026, 10, 25)
const KEEPING = { grace: 14 * DAY, expiry: 111 * DAY }

const anyTime = fc.integer({ min: 0, max: 2 * NOW })
const anyRow = fc
  .record({ ref: anyRef, state: fc.constantFrom(...BLOB_STATES), condemnedAt: anyTime, sweptAt: anyTime })
  .map(
    ({ ref, state, condemnedAt, sweptAt }): BlobRow => ({
      ...{ formatVersion: 1, database: 'main', ...ref, size: 1, sha256: 'a'.repeat(64), contentType: 'x/y' },
      ...{ archivedAt: 0, state },
      ...(state !== 'archived' && { condemnedBy: 'some-report', condemnedIn: '1', condemnedAt }),
      ...(state === 'swept' && { sweptAt }),
    }),
  )
const anyKeeping = fc.option(fc.constant(KEEPING), { nil: undefined })

describe('the plan of an undelete', () => {
  it('touches nothing that is being swept, or was a moment ago (I6)', () => {
    fc.assert(
      fc.property(anyRow, anyTime, anyKeeping, (row, now, keeping) => {
        const { step } = planUndelete(row, now, keeping)
        const unsettled = row.state === 'swept' && now < (row.sweptAt ?? 0) + SWEEP_SETTLES
        assert.equal(step === 'wait', row.state === 'sweeping' || unsettled)
      }),
    )
  })

  it('tries everything else that is garbage, whatever the time (I5)', () => {
    fc.assert(
      fc.property(anyRow, anyTime, anyKeeping, (row, now, keeping) => {
        const { step } = planUndelete(row, now, keeping)
        const expected = {
          archived: 'none',
          condemned: 'revive',
          sweeping: 'wait',
          swept: 'restore',
        } as const
        if (step !== 'wait') assert.equal(step, expected[row.state])
      }),
    )
  })

  it('never tells a later end than the bucket keeps to, and none that it does not know', () => {
    fc.assert(
      fc.property(anyRow, anyTime, anyKeeping, (row, now, keeping) => {
        const { until } = planUndelete(row, now, keeping)
        if (!keeping) assert.equal(until, undefined)
        if (until === undefined) return
        // A sweep is not before the end of the grace.
        const sweptAt = row.sweptAt ?? (row.condemnedAt ?? 0) + KEEPING.grace
        assert.ok(until <= sweptAt + KEEPING.expiry)
      }),
    )
  })

  it('says when it can be done, and that it is late', () => {
    const ref = { oid: '0'.repeat(16), tid: '1'.repeat(16) }
    const row: BlobRow = {
      ...{ formatVersion: 1, database: 'main', ...ref, size: 1, sha256: 'a'.repeat(64), contentType: 'x/y' },
      ...{ archivedAt: 0, state: 'swept', condemnedBy: 'some-report', condemnedIn: '1', condemnedAt: 0 },
      sweptAt: NOW,
    }
    const reasonAt = (now: number) => planUndelete(row, now, KEEPING).reason
    assert.equal(reasonAt(NOW), 'swept 2026-11-25 00:00 UTC; it can be undone from 2026-11-25 00:20 UTC')
    assert.equal(reasonAt(NOW + SWEEP_SETTLES), 'swept 2026-11-25 00:00 UTC')
    assert.match(
      reasonAt(NOW + KEEPING.expiry + 1),
      /the time to undo it is over, and it is tried all the same$/,
    )
    assert.equal(planUndelete(row, NOW + DAY, KEEPING).until, NOW + KEEPING.expiry)
    assert.equal(planUndelete(undefined, NOW).step, 'search')
  })
})

describe('the versions that may be the blob', () => {
  const anyVersion = fc.record({
    versionId: fc.uuid(),
    marker: fc.boolean(),
    size: fc.constantFrom(0, 1, 2),
  })
  const anyList = fc.uniqueArray(anyVersion, { selector: ({ versionId }) => versionId })

  it('are all that have its size and are no markers: that of the row first, then the newest', () => {
    fc.assert(
      fc.property(anyList, fc.constantFrom(0, 1, 2), fc.nat(), (listed, size, at) => {
        const versionId = listed[at % Math.max(listed.length, 1)]?.versionId
        const tried = versionsToTry(listed, { size, versionId })
        const possible = listed.filter(version => !version.marker && version.size === size)
        const own = possible.find(version => version.versionId === versionId)
        assert.deepEqual(tried, own ? [own, ...possible.filter(version => version !== own)] : possible)
      }),
    )
  })

  it('are all but markers where no row tells its size', () => {
    fc.assert(
      fc.property(anyList, listed => {
        assert.deepEqual(
          versionsToTry(listed),
          listed.filter(({ marker }) => !marker),
        )
      }),
    )
  })
})
