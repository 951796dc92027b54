import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { backlogOf, dueCells } from '../../core/model/backlog.ts'
import { planDatabase, type VolumeDecision } from '../../core/model/schedule-plan.ts'
import type { DatabasePolicy } from '../../core/model/schedule-policy.ts'
import type { VolumeRows } from '../../core/model/volume-row.ts'
import { anyFleet, anyPolicy, leaseOf, TIMES } from './arbitrary-fleet.ts'
import { DAY, EMPTY_SUMMARY, NOW, summarize } from './arbitrary-summary.ts'

const plan = (policy: DatabasePolicy, fleet: readonly VolumeRows[], times = TIMES) =>
  planDatabase('main', policy, fleet, times)

/** What orders of one run let be archived, those that were there already included. */
function given(fleet: readonly VolumeRows[], decisions: readonly VolumeDecision[], what: 'blobs' | 'bytes') {
  const before = fleet.flatMap(({ order }) => (order?.run === TIMES.run ? [order] : []))
  const orders = [...before, ...decisions.flatMap(({ order }) => (order ? [order] : []))]
  return orders.reduce((sum, { budget }) => sum + (budget[what] ?? 0), 0)
}

const written = (fleet: readonly VolumeRows[], decisions: readonly VolumeDecision[]) =>
  fleet.map((rows, i) => ({ ...rows, order: decisions[i]?.order ?? rows.order }))

const POLICY: DatabasePolicy = {
  archive: { minAge: DAY, minSize: 1024, quiet: 0, allowEmpty: false },
  release: { delay: 7 * DAY, replicated: false },
  schedule: { timeZone: 'UTC' },
}

describe('the plan of the schedule', () => {
  it('never gives more than the budget, whatever was given before in the same run (I8)', () => {
    fc.assert(
      fc.property(anyPolicy, anyFleet, (policy, fleet) => {
        const { blobsPerRun, bytesPerRun } = policy.schedule ?? {}
        const decisions = plan(policy, fleet)
        const before = plan({ ...policy, schedule: undefined }, fleet)
        if (blobsPerRun !== undefined)
          assert.ok(given(fleet, decisions, 'blobs') <= Math.max(blobsPerRun, given(fleet, before, 'blobs')))
        if (bytesPerRun !== undefined)
          assert.ok(given(fleet, decisions, 'bytes') <= Math.max(bytesPerRun, given(fleet, before, 'bytes')))
      }),
      { numRuns: 1000 },
    )
  })

  it('gives nothing more when a run is repeated, and the same to whom it had not come (I8)', () => {
    fc.assert(
      fc.property(anyPolicy, anyFleet, fc.nat(), (policy, fleet, broken) => {
        const first = plan(policy, fleet)
        const again = plan(policy, written(fleet, first))
        const limited =
          policy.schedule?.blobsPerRun !== undefined || policy.schedule?.bytesPerRun !== undefined
        if (limited)
          assert.ok(again.every(({ order }) => !order || !first.find(d => d.volume === order.volume)?.order))
        // A run that was killed after some of its orders.
        const some = first.map((decision, i) =>
          i % 2 === broken % 2 ? decision : { ...decision, order: undefined },
        )
        const rest = plan(policy, written(fleet, some as VolumeDecision[]))
        for (const what of ['blobs', 'bytes'] as const) {
          const limit = what === 'blobs' ? policy.schedule?.blobsPerRun : policy.schedule?.bytesPerRun
          const before = fleet.filter(({ order }) => order?.run === TIMES.run)
          if (limit === undefined || before.length > 0) continue
          assert.ok(given(written(fleet, some as VolumeDecision[]), rest, what) <= limit)
        }
      }),
    )
  })

  it('orders nothing under the age or the size: the order carries the policy itself', () => {
    fc.assert(
      fc.property(anyPolicy, anyFleet, (policy, fleet) => {
        for (const { order } of plan(policy, fleet)) {
          if (!order) continue
          assert.deepEqual(order.archive, policy.archive)
          assert.deepEqual(order.release, policy.release)
          assert.ok(order.run === TIMES.run && order.issuedAt === NOW && order.validFor > 0)
        }
      }),
    )
  })

  it('gives a volume no more than is due there', () => {
    fc.assert(
      fc.property(anyPolicy, anyFleet, (policy, fleet) => {
        for (const [i, { order, due }] of plan(policy, fleet).entries()) {
          const { summary } = fleet[i] as VolumeRows
          assert.deepEqual(due, summary ? backlogOf(summary, policy.archive) : { blobs: 0, bytes: 0 })
          for (const what of ['blobs', 'bytes'] as const) assert.ok((order?.budget[what] ?? 0) <= due[what])
        }
      }),
    )
  })

  it('takes the largest first: whoever is passed over has nothing larger that would have fitted', () => {
    fc.assert(
      fc.property(anyPolicy, anyFleet, fc.integer({ min: 1, max: 20 }), (policy, fleet, blobsPerRun) => {
        const limited = { ...policy, schedule: { blobsPerRun, timeZone: 'UTC' } }
        const fresh = fleet.map(rows => ({ ...rows, order: undefined }))
        const decisions = plan(limited, fresh)
        const taking = decisions.flatMap(({ reason, order }, i) => {
          const cells =
            reason === 'ordered' && fresh[i]?.summary ? dueCells(fresh[i].summary, policy.archive) : []
          return cells.length > 0 && order ? [{ cells, left: order.budget.blobs ?? 0 }] : []
        })
        const smallest = Math.min(...taking.map(({ cells, left }) => smallestTaken(cells, left)))
        for (const [i, { reason }] of decisions.entries()) {
          if (reason !== 'budget spent') continue
          const cells = fresh[i]?.summary ? dueCells(fresh[i].summary, policy.archive) : []
          assert.ok((cells[0]?.size ?? 0) <= smallest)
        }
      }),
    )
  })

  it('is the same for the same fleet, in whatever order it is told', () => {
    fc.assert(
      fc.property(anyPolicy, anyFleet, (policy, fleet) => {
        const byName = (a: VolumeDecision, b: VolumeDecision) => (a.volume < b.volume ? -1 : 1)
        const backwards = plan(policy, [...fleet].reverse()).sort(byName)
        assert.deepEqual(backwards, plan(policy, fleet).sort(byName))
      }),
    )
  })

  it('has one reason for every volume, and an order only where somebody is there to follow it', () => {
    fc.assert(
      fc.property(anyPolicy, anyFleet, (policy, fleet) => {
        const decisions = plan(policy, fleet)
        assert.deepEqual(
          decisions.map(({ volume }) => volume),
          fleet.map(({ volume }) => volume),
        )
        for (const { reason, order } of decisions)
          if (order)
            assert.ok(['ordered', 'to be released', 'budget spent', 'nothing to do'].includes(reason), reason)
      }),
    )
  })

  const files = [{ ref: { oid: '0'.repeat(16), tid: '03a0000000000000' }, size: 5000, changed: 0 }]
  const volume = (more: Partial<VolumeRows> = {}): VolumeRows => ({
    volume: 'blobs',
    lease: leaseOf('blobs'),
    summary: { ...summarize(files), volume: 'blobs' },
    ...more,
  })
  const reasonOf = (rows: VolumeRows, policy = POLICY, times = TIMES) =>
    plan(policy, [rows], times)[0]?.reason

  it('says why', () => {
    const quiet = (ago: number) => volume({ lease: leaseOf('blobs', { heartbeatAt: NOW - ago }) })
    const [, ...before] = plan(POLICY, [volume()]).concat(plan(POLICY, [volume()]))
    const order = before[0]?.order
    assert.equal(reasonOf(volume()), 'ordered')
    assert.equal(reasonOf(volume({ order })), 'ordered before')
    assert.equal(reasonOf(volume({ lease: undefined })), 'no agent yet')
    assert.equal(reasonOf(volume({ summary: undefined })), 'no summary yet')
    assert.equal(reasonOf(volume({ lease: undefined, unreadable: 'a lease' })), 'unreadable')
    assert.equal(reasonOf(volume({ unreadable: 'an order, which is written anew' })), 'ordered')
    const stuck = leaseOf('blobs', { workedAt: NOW - 2 * DAY })
    assert.equal(reasonOf(volume({ lease: stuck })), 'stuck')
    const never = order && { ...order, run: NOW + 365 * DAY }
    assert.equal(reasonOf(volume({ order: never })), 'ordered')
    assert.equal(reasonOf(quiet(TIMES.silentAfter + 1)), 'silent')
    assert.equal(reasonOf(quiet(31 * DAY)), 'gone')
    assert.equal(reasonOf(volume({ lease: leaseOf('blobs', { retired: true }) })), 'gone')
    assert.equal(reasonOf(quiet(-DAY)), 'clock ahead')
    assert.equal(reasonOf(volume(), { ...POLICY, schedule: undefined }), 'not scheduled')
    assert.equal(
      reasonOf(volume(), { ...POLICY, schedule: { bytesPerRun: 10, timeZone: 'UTC' } }),
      'budget spent',
    )
    assert.equal(reasonOf(volume({ summary: EMPTY_SUMMARY })), 'nothing to do')
    const archived = { blobs: 1, bytes: 1 }
    assert.equal(reasonOf(volume({ summary: { ...EMPTY_SUMMARY, archived } })), 'to be released')
  })

  it('orders in the allowed hours only, and not beyond them', () => {
    const night = { ...POLICY, schedule: { hours: '22:00-06:00', timeZone: 'Europe/Zurich' } }
    const at = (text: string) => {
      const now = Date.parse(text)
      const lease = leaseOf('blobs', { heartbeatAt: now })
      return plan(night, [volume({ lease })], { ...TIMES, now, run: now })[0]
    }
    assert.equal(at('2026-11-25T20:59:00Z')?.reason, 'outside the allowed hours')
    assert.equal(at('2026-11-25T21:00:00Z')?.order?.validFor, 2 * TIMES.every)
    assert.equal(at('2026-11-26T04:30:00Z')?.order?.validFor, 30 * 60_000)
    assert.equal(at('2026-11-26T05:00:00Z')?.reason, 'outside the allowed hours')
  })

  it('ends what an earlier order still allows, and costs an idle volume nothing', () => {
    const limited = { ...POLICY, schedule: { bytesPerRun: 6000, timeZone: 'UTC' } }
    const earlier = { ...TIMES, run: TIMES.run - TIMES.every, now: NOW - TIMES.every }
    const lease = leaseOf('blobs', { heartbeatAt: earlier.now })
    const order = plan(limited, [volume({ lease })], earlier)[0]?.order
    assert.deepEqual(order?.budget, { bytes: 5000 })
    const done = volume({ order, summary: EMPTY_SUMMARY })
    assert.deepEqual(plan(limited, [done])[0]?.order?.budget, { bytes: 0 })
    const later = { ...TIMES, run: TIMES.run + 2 * TIMES.every, now: NOW + 2 * TIMES.every }
    const idle = { ...done, lease: leaseOf('blobs', { heartbeatAt: later.now }) }
    assert.equal(plan(limited, [idle], later)[0]?.order, undefined)
    const ended = { ...done, order: plan(limited, [done])[0]?.order }
    const next = { ...TIMES, run: TIMES.run + TIMES.every, now: NOW + TIMES.every }
    const soon = { ...ended, lease: leaseOf('blobs', { heartbeatAt: next.now }) }
    assert.equal(plan(limited, [soon], next)[0]?.order, undefined, 'what ended it need not be ended itself')
  })

  it('does not let one blob that is larger than the budget hold up the others', () => {
    const huge = { ref: { oid: '1'.repeat(16), tid: '03a0000000000000' }, size: 2 ** 30, changed: 0 }
    const limited = { ...POLICY, schedule: { bytesPerRun: 10_000, timeZone: 'UTC' } }
    const rows = volume({ summary: { ...summarize([...files, huge]), volume: 'blobs' } })
    assert.deepEqual(plan(limited, [rows])[0]?.order?.budget, { bytes: 5000 })
  })
})

function smallestTaken(cells: readonly { size: number; blobs: number }[], taken: number): number {
  let left = taken
  for (const { size, blobs } of cells) {
    left -= blobs
    if (left <= 0) return size
  }
  return 0
}
