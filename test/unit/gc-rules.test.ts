import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOB_STATES, type BlobRow } from '../../core/model/blob-row.ts'
import {
  condemnRow,
  isContradicting,
  isLater,
  judgeRow,
  judgeSweep,
  reviveRow,
} from '../../core/model/gc-rules.ts'
import { horizonOf, reportId } from '../../core/model/key.ts'

const DAY = 86_400_000
const NOW = 1_790_000_000_000

const hex = (number: number) => number.toString(16).padStart(16, '0')
const idOf = (horizon: number, unique = 0) => reportId(hex(horizon), hex(unique))
const followed = (horizon: number, generation = '1', unique = 0) => ({
  report: idOf(horizon, unique),
  generation,
})

/** Small numbers, so that what is compared is often the same. */
const anyNumber = fc.nat(4)
const anyGeneration = fc.constantFrom('1', '2')
const anyReport = fc.tuple(anyNumber, anyGeneration, anyNumber).map(words => followed(...words))
const anyRow = fc
  .record({ tid: anyNumber, state: fc.constantFrom(...BLOB_STATES), by: anyReport, condemnedAt: fc.nat(3) })
  .map(({ tid, state, by, condemnedAt }): BlobRow => {
    const marks = {
      condemnedBy: by.report,
      condemnedIn: by.generation,
      condemnedAt: NOW + condemnedAt * DAY,
      ...(state === 'swept' && { sweptAt: NOW + 5 * DAY }),
    }
    return {
      ...{ formatVersion: 1, database: 'main', oid: hex(7), tid: hex(tid), size: 5, sha256: 'ab'.repeat(32) },
      ...{ contentType: 'image/png', archivedAt: 7, state },
      ...(state !== 'archived' && marks),
    }
  })

const tidIsYounger = (row: BlobRow, report: string) => row.tid > (horizonOf(report) ?? '')

describe('what a live report says of a row', () => {
  it('condemns only what it does not name and its snapshot is not older than (I4)', () => {
    fc.assert(
      fc.property(anyRow, fc.boolean(), anyReport, (row, named, report) => {
        const verdict = judgeRow(row, named, report)
        if (verdict !== 'condemned') return
        assert.equal(named, false)
        assert.ok(!tidIsYounger(row, report.report))
        assert.ok(
          row.state === 'archived' || (row.state === 'condemned' && row.condemnedIn !== report.generation),
        )
      }),
    )
  })

  it('names what is alive, to be revived, or a matter for a person', () => {
    fc.assert(
      fc.property(anyRow, anyReport, (row, report) => {
        const expected = {
          archived: 'alive',
          condemned: 'revived',
          sweeping: 'sweptAlive',
          swept: 'sweptAlive',
        }
        assert.equal(judgeRow(row, true, report), expected[row.state])
      }),
    )
  })

  it('leaves alone what was condemned before in its generation, so that no grace begins again', () => {
    fc.assert(
      fc.property(anyRow, anyReport, (row, report) => {
        if (judgeRow(row, false, report) !== 'condemned') return
        const condemned = condemnRow(row, { ...report, decidedAt: NOW })
        for (const again of [report, { ...report, report: idOf(9) }])
          assert.equal(judgeRow(condemned, false, again), 'known')
        assert.deepEqual(reviveRow(condemned), reviveRow(row))
      }),
    )
  })

  it('contradicts where it names what was garbage in its own generation', () => {
    const row = (condemnedIn: string, state: BlobRow['state']) =>
      ({ ...fc.sample(anyRow, 1)[0], state, condemnedIn }) as BlobRow
    const report = followed(4, '2')
    for (const state of ['condemned', 'sweeping', 'swept'] as const) {
      assert.equal(isContradicting(row('2', state), true, report), true)
      assert.equal(isContradicting(row('2', state), false, report), false)
      assert.equal(isContradicting(row('1', state), true, report), false)
    }
    assert.equal(isContradicting(row('2', 'archived'), true, report), false)
  })
})

describe('what is swept', () => {
  it('was condemned in this generation, is past its grace, and absent from two snapshots after it (I4)', () => {
    fc.assert(
      fc.property(anyRow, fc.boolean(), anyReport, fc.nat(6), (row, named, latest, days) => {
        const rules = { generation: '1', latest, grace: 2 * DAY, now: NOW + days * DAY }
        if (judgeSweep(row, named, rules) !== 'due') return
        const { state, condemnedBy = '', condemnedIn, condemnedAt = 0 } = row
        assert.equal(state, 'condemned')
        assert.equal(named, false)
        assert.equal(condemnedIn, '1')
        assert.equal(latest.generation, '1')
        assert.ok(condemnedAt + rules.grace <= rules.now)
        assert.ok((horizonOf(latest.report) ?? '') > (horizonOf(condemnedBy) ?? ''))
        assert.ok(!tidIsYounger(row, latest.report))
      }),
      { numRuns: 2000 },
    )
  })

  it('is due once all of that holds', () => {
    const row: BlobRow = condemnRow(
      { ...(fc.sample(anyRow, 1)[0] as BlobRow), tid: hex(1) },
      { ...followed(2), decidedAt: NOW },
    )
    const rules = { generation: '1', latest: followed(3), grace: DAY, now: NOW + DAY }
    assert.equal(judgeSweep(row, false, rules), 'due')
    assert.equal(judgeSweep(row, true, rules), 'named')
    assert.equal(judgeSweep(row, false, { ...rules, now: NOW + DAY - 1 }), 'within its grace')
    assert.equal(judgeSweep(row, false, { ...rules, latest: followed(2, '1', 5) }), 'not confirmed')
    assert.equal(judgeSweep(row, false, { ...rules, generation: '2' }), 'other generation')
    assert.equal(judgeSweep({ ...row, state: 'sweeping' }, false, rules), 'sweeping')
    assert.equal(judgeSweep(reviveRow(row), false, rules), 'no garbage')
  })

  it('takes a report for later only by its horizon', () => {
    assert.equal(isLater(idOf(2), idOf(1)), true)
    assert.equal(isLater(idOf(2, 9), idOf(2, 1)), false)
    assert.equal(isLater(idOf(1), idOf(2)), false)
    assert.equal(isLater('no id', idOf(1)), false)
    assert.equal(isLater(idOf(1), 'no id'), false)
  })
})
