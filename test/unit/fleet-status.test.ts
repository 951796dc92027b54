import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { becomingDue } from '../../core/model/backlog.ts'
import {
  addUp,
  describeVolume,
  forecast,
  isSilent,
  needsPerson,
  type VolumeState,
} from '../../core/model/fleet-status.ts'
import type { LeaseRow, OrderRow, VolumeRows } from '../../core/model/volume-row.ts'
import { leaseOf, orderOf } from '../contract/fleet-rows.ts'
import { ageOf, anyFiles, anyThresholds, DAY, EMPTY_SUMMARY, NOW, summarize } from './arbitrary-summary.ts'

const HOUR = 3_600_000
const POLICY = { minAge: DAY, minSize: 0, quiet: 0, allowEmpty: false }
const FAULTS = { silentAfter: HOUR, leastFree: 0.1 }
const of = { database: 'main', volume: 'blobs' }
const lease = (more: Partial<LeaseRow> = {}) => leaseOf(of, { heartbeatAt: NOW, ...more })
const order = (more: Partial<OrderRow> = {}) =>
  orderOf(of, { run: NOW - HOUR, issuedAt: NOW - HOUR, validFor: 2 * HOUR, ...more })
const describeRows = (rows: Omit<VolumeRows, 'volume'>) =>
  describeVolume({ volume: 'blobs', ...rows }, POLICY, NOW, FAULTS)
const withoutHolder = (): LeaseRow => {
  const { holder: _, ...rest } = lease()
  return rest
}

describe('what is told of a volume', () => {
  const summary = EMPTY_SUMMARY
  const states: [VolumeState, Omit<VolumeRows, 'volume'>][] = [
    ['present', { lease: lease(), summary }],
    ['no agent yet', { order: order() }],
    ['no summary yet', { lease: lease() }],
    ['given back', { lease: withoutHolder(), summary }],
    ['silent', { lease: lease({ heartbeatAt: NOW - HOUR - 1 }), summary }],
    ['clock ahead', { lease: lease({ heartbeatAt: NOW + HOUR }), summary }],
    ['gone', { lease: lease({ retired: true }), summary }],
    ['unreadable', { lease: lease(), unreadable: 'a summary of another version' }],
  ]
  for (const [state, rows] of states)
    it(`is that it is “${state}”`, () => assert.equal(describeRows(rows).state, state))

  it('calls for a person where one should work and none does, or where something is left', () => {
    const calling = states.filter(([, rows]) => isSilent(describeRows(rows))).map(([state]) => state)
    assert.deepEqual(calling, ['silent', 'clock ahead', 'unreadable'])
    const left = { ...summary, left: { blobs: 1, bytes: 0 } }
    assert.equal(needsPerson(describeRows({ lease: lease(), summary })), false)
    assert.equal(needsPerson(describeRows({ lease: lease(), summary: left })), true)
    assert.equal(needsPerson(describeRows({ lease: lease({ retired: true }), summary: left })), false)
  })

  it('is what is left of the order, until it ends', () => {
    const spent = { run: NOW - HOUR, blobs: 400, bytes: 1e8 }
    assert.deepEqual(describeRows({ lease: lease({ spent }), order: order() }).allowed, {
      ...{ until: NOW + HOUR, blobs: 600, bytes: 9e8 },
    })
    const earlier = lease({ spent: { ...spent, run: NOW - 2 * HOUR } })
    assert.equal(describeRows({ lease: earlier, order: order() }).allowed?.blobs, 1000)
    assert.deepEqual(describeRows({ lease: lease(), order: order({ budget: {} }) }).allowed, {
      until: NOW + HOUR,
    })
  })

  it('is that nothing is allowed without an order, after its end, and when it is used up', () => {
    const spent = { run: NOW - HOUR, blobs: 1000, bytes: 0 }
    assert.equal(describeRows({ lease: lease() }).allowed, undefined)
    assert.equal(describeRows({ lease: lease(), order: order({ validFor: HOUR }) }).allowed, undefined)
    assert.equal(describeRows({ lease: lease({ spent }), order: order() }).allowed, undefined)
  })

  it('is its pace by the day, however short the time it is known of', () => {
    const lately = {
      since: NOW - 6 * HOUR,
      archived: { blobs: 1, bytes: 250 },
      released: { blobs: 0, bytes: 0 },
    }
    const pace = (more: object) =>
      describeRows({ lease: lease(), summary: { ...summary, lately: { ...lately, ...more } } }).content?.pace
    assert.equal(pace({})?.archived, 1000)
    assert.equal(pace({ since: NOW })?.archived, 0)
  })

  it('accounts for every byte that waits, and adds up over volumes', () => {
    fc.assert(
      fc.property(fc.array(anyFiles, { maxLength: 5 }), anyThresholds, (volumes, thresholds) => {
        const policy = { ...POLICY, ...thresholds }
        const reports = volumes.map((files, i) =>
          describeVolume({ volume: `v${i}`, lease: lease(), summary: summarize(files) }, policy, NOW, FAULTS),
        )
        const files = volumes.flat()
        const together = addUp(reports)
        assert.equal(together.summaries, volumes.length)
        assert.equal(together.waiting.blobs, files.length)
        assert.ok(together.due.blobs + together.undecided.blobs <= together.waiting.blobs)
        const due = reports.reduce((sum, { content }) => sum + (content?.due.bytes ?? 0), 0)
        assert.equal(together.due.bytes, due)
      }),
    )
  })

  it('leaves what is gone out of the sum', () => {
    const gone = describeRows({ lease: lease({ retired: true }), summary })
    assert.equal(addUp([gone]).summaries, 0)
  })
})

const anyPace = fc.record({
  archived: fc.nat({ max: 1e12 }),
  released: fc.nat({ max: 1e12 }),
  becomingDue: fc.nat({ max: 1e12 }),
})

describe('the forecast', () => {
  it('is that a backlog which is worked off as told is at nothing then', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e15 }), anyPace, (due, pace) => {
        const time = forecast(due, pace)
        if (due === 0) assert.equal(time, 0)
        else if (time === undefined) assert.ok(pace.archived <= pace.becomingDue)
        else {
          const done = ((pace.archived - pace.becomingDue) * time) / DAY
          assert.ok(Math.abs(done - due) <= 1e-6 * due)
        }
      }),
    )
  })

  it('never counts what will not become due as becoming due', () => {
    fc.assert(
      fc.property(anyFiles, anyThresholds, (files, policy) => {
        const young = files.filter(file => ageOf(file) < policy.minAge && file.size >= policy.minSize)
        const bytes = young.reduce((sum, { size }) => sum + size, 0)
        const daily = becomingDue(summarize(files), policy)
        assert.ok(daily >= 0 && daily <= bytes)
      }),
    )
  })

  it('counts what is due after a month with a thirtieth of the last month', () => {
    const files = summarize([], {
      waiting: {
        ages: [0, 7 * DAY, 30 * DAY],
        sizes: [0],
        cells: [
          [0, 0, 5, 100],
          [1, 0, 9, 200],
        ],
      },
    })
    assert.equal(becomingDue(files, { minAge: 30 * DAY, minSize: 0 }), 10)
    assert.equal(becomingDue(files, { minAge: 0, minSize: 0 }), 0)
  })
})
