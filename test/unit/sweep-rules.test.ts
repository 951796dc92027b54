import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOB_STATES, type BlobRow } from '../../core/model/blob-row.ts'
import { judgeSweep, type SweepRules } from '../../core/model/gc-rules.ts'
import { judgeDatabase } from '../../core/model/judge-database.ts'
import { isOpen } from '../../core/model/judge-report.ts'
import { reportId } from '../../core/model/key.ts'
import { REPORT_STATES, type ReportRow } from '../../core/model/report-row.ts'

/** What is swept, and of which database (I4): few different values, so that they meet often. */

const hex = (most: number) => fc.nat(most).map(number => number.toString(16).padStart(16, '0'))
const generation = fc.constantFrom('1', '2')
const report = fc.tuple(hex(5), hex(5)).map(([horizon, unique]) => reportId(horizon, unique))
const time = fc.nat(10)

const rowModel = {
  formatVersion: fc.constant(1 as const),
  database: fc.constant('main'),
  oid: hex(2),
  tid: hex(5),
  size: fc.nat(9),
  sha256: fc.constant('a'.repeat(64)),
  contentType: fc.constant('text/plain'),
  archivedAt: time,
  // Most of them: only these can be due.
  state: fc.constantFrom(...BLOB_STATES, ...Array<'condemned'>(9).fill('condemned')),
  condemnedBy: report,
  condemnedIn: generation,
  condemnedAt: time,
}
const { condemnedBy, condemnedIn, condemnedAt, ...required } = rowModel
const requiredKeys = Object.keys(required) as (keyof typeof required)[]
const row: fc.Arbitrary<BlobRow> = fc.oneof(
  { weight: 4, arbitrary: fc.record(rowModel) },
  { weight: 1, arbitrary: fc.record(rowModel, { requiredKeys }) },
)

const rules: fc.Arbitrary<SweepRules> = fc.record({
  generation,
  latest: fc.record({ report, generation }),
  grace: time,
  now: time,
})

/** Each is stored before it is decided on, and that before it ends. */
const reportRow: fc.Arbitrary<ReportRow> = fc
  .record({
    report,
    generation,
    state: fc.constantFrom(...REPORT_STATES),
    ...{ storedAt: time, decided: time, ended: time },
  })
  .map(({ decided, ended, ...row }) => ({
    ...{ formatVersion: 1, database: 'main', revision: 1, manifestSha256: '', reasons: [], ...row },
    ...(['condemning', 'done'].includes(row.state) && { decidedAt: row.storedAt + decided }),
    ...(row.state !== 'counting' && { endedAt: row.storedAt + decided + ended }),
  }))

const RUNS = { numRuns: 5000 }

/** Of the rows that are due, each has to be as the property says. */
function ofDue(holds: (row: BlobRow, named: boolean, rules: SweepRules) => boolean): number {
  let due = 0
  const property = fc.property(row, fc.boolean(), rules, (each, named, by) => {
    if (judgeSweep(each, named, by) !== 'due') return true
    due += 1
    return holds(each, named, by)
  })
  fc.assert(property, RUNS)
  return due
}

describe('what is due to be swept (I4)', () => {
  it('is condemned, and nothing else', () => {
    assert.ok(ofDue(({ state }) => state === 'condemned') > 20)
  })

  it('is never within its grace', () => {
    ofDue(({ condemnedAt = 99 }, _, { now, grace }) => now - condemnedAt >= grace)
  })

  it('is of the deployed generation, by the report that condemned it and by the last one', () => {
    ofDue(
      ({ condemnedIn }, _, { generation: deployed, latest }) =>
        condemnedIn === deployed && latest.generation === deployed,
    )
  })

  it('is not named by the last report', () => {
    ofDue((_, named) => !named)
  })

  it('is older than the snapshot of the last report, which was taken after that of the first', () => {
    ofDue(({ tid, condemnedBy = 'g' }, _, { latest }) => {
      const horizon = latest.report.slice(0, 16)
      return tid <= horizon && horizon > condemnedBy.slice(0, 16)
    })
  })

  it('is all that is so: nothing waits for ever', () => {
    const property = fc.property(row, rules, (each, by) => {
      const condemned: BlobRow = { ...each, state: 'condemned', condemnedIn: '1', condemnedAt: 0 }
      const { condemnedBy } = each
      fc.pre(condemnedBy !== undefined)
      const latest = { report: reportId('f'.repeat(16), '0'.repeat(16)), generation: '1' }
      return judgeSweep(condemned, false, { ...by, generation: '1', latest, now: by.grace }) === 'due'
    })
    fc.assert(property, RUNS)
  })
})

describe('a database whose garbage is swept (I4)', () => {
  const reports = fc.array(reportRow, { maxLength: 5 })

  it('has no report that waits for a person', () => {
    let swept = 0
    const property = fc.property(reports, generation, (all, deployed) => {
      const verdict = judgeDatabase(all, { generation: deployed })
      if ('hold' in verdict) return true
      swept += 1
      return !all.some(each => isOpen(each, all))
    })
    fc.assert(property, RUNS)
    assert.ok(swept > 100, `${swept} were swept`)
  })

  it('is swept by the last report that came, was followed, and is of the deployed generation', () => {
    const property = fc.property(reports, generation, (all, deployed) => {
      const verdict = judgeDatabase(all, { generation: deployed })
      if ('hold' in verdict) return true
      const { latest } = verdict
      const done = all.filter(({ state }) => state === 'done')
      const own = done.filter(each => each.generation === deployed)
      const decided = Math.max(...own.map(({ decidedAt = 0 }) => decidedAt))
      return (
        own.includes(latest) &&
        own.every(({ storedAt }) => storedAt <= latest.storedAt) &&
        done.every(({ decidedAt = 0 }) => decidedAt <= decided)
      )
    })
    fc.assert(property, RUNS)
  })

  it('has no report that is not worked off, unless one that came later is done', () => {
    const property = fc.property(reports, generation, (all, deployed) => {
      const verdict = judgeDatabase(all, { generation: deployed })
      if ('hold' in verdict) return true
      const done = Math.max(...all.filter(({ state }) => state === 'done').map(each => each.storedAt))
      return all
        .filter(({ state }) => state === 'counting' || state === 'condemning')
        .every(({ decidedAt, storedAt }) => (decidedAt ?? storedAt) < done)
    })
    fc.assert(property, RUNS)
  })

  it('says why it is held, and by which report', () => {
    const done: ReportRow = {
      ...{ formatVersion: 1, database: 'main', report: 'r', revision: 1, manifestSha256: '', reasons: [] },
      ...{ state: 'done', generation: '1', storedAt: 1, decidedAt: 2, endedAt: 3 },
    }
    const newer = {
      ...done,
      report: 's',
      storedAt: 4,
      decidedAt: undefined,
      endedAt: 5,
    } as object as ReportRow
    const judge = (rows: ReportRow[], deployed = '1') => judgeDatabase(rows, { generation: deployed })
    assert.deepEqual(judge([]), { hold: 'no report', reports: [] })
    assert.deepEqual(judge([done]), { latest: done })
    assert.deepEqual(judge([done], '2'), { hold: 'other generation', reports: ['r'] })
    for (const state of ['waiting', 'refused'] as const)
      assert.deepEqual(judge([done, { ...newer, state }]), { hold: 'open report', reports: ['s'] })
    for (const state of ['counting', 'condemning'] as const)
      assert.deepEqual(judge([done, { ...newer, state }]), { hold: 'unfinished report', reports: ['s'] })
    assert.deepEqual(judge([done, { ...newer, state: 'rejected' }]), { latest: done })
  })
})
