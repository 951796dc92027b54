import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { allShards } from '../../core/model/blob-row.ts'
import { condemnMetrics } from '../../core/model/condemn-metrics.ts'
import { reason } from '../../core/model/judge-report.ts'
import {
  NO_COUNTS,
  parseReportRow,
  REPORT_STATES,
  type ReportRow,
  type ShardRow,
} from '../../core/model/report-row.ts'
import {
  judgeGoingOn,
  judgePlace,
  refuse,
  rulesOf,
  settleCondemned,
  settleCounted,
  settleVerdict,
} from '../../core/model/settle-report.ts'
import { VERDICTS } from '../../core/model/verdict.ts'
import { newReportId, reportOf, shardRowOf } from '../contract/report-rows.ts'

const NOW = 1_790_000_000_000
const of = { database: 'main', report: newReportId() }
const { decidedAt: _, endedAt: __, approved: ___, counts: ____, ...plain } = reportOf(of)
const counting: ReportRow = { ...plain, state: 'counting', reasons: [] }
const shards = (more: (shard: number) => Partial<ShardRow> = () => ({})): ShardRow[] =>
  allShards().map(shard => {
    const { reason: _, ...row } = shardRowOf(of, shard)
    return { ...row, counts: { ...NO_COUNTS, alive: 9, condemned: 1 }, ...more(shard) }
  })
const settle = (
  rows: readonly ShardRow[],
  { place = [reason('older', 'x')].slice(1), largestShare = 0.5 } = {},
) => settleCounted(counting, rows, { place, largestShare, now: NOW })

describe('a report whose shards are counted', () => {
  it('is followed from now on, by the sums of all', () => {
    const row = settle(shards())
    assert.equal(row.state, 'condemning')
    assert.equal(row.decidedAt, NOW)
    assert.equal(row.counts?.alive, 9 * 64)
    assert.equal(row.counts?.condemned, 64)
    assert.deepEqual(parseReportRow('report', row, 'x'), row)
  })

  it('waits for what its counts say, and is refused for its time or its parts', () => {
    assert.equal(settle(shards(), { largestShare: 0.05 }).state, 'waiting')
    const older = settle(shards(), { place: [reason('older', 'told')] })
    assert.equal(older.state, 'refused')
    assert.deepEqual(older.reasons, [reason('older', 'told')])
    const told = (shard: number) => reason(shard % 2 ? 'damaged' : 'foreign', `part ${shard}`)
    const wrong = settle(shards(shard => (shard < 3 ? { reason: told(shard) } : {})))
    assert.equal(wrong.state, 'refused')
    assert.deepEqual(wrong.reasons, [reason('foreign', 'part 0 (and 1 more)'), reason('damaged', 'part 1')])
    assert.equal(wrong.decidedAt, undefined)
  })

  it('tells what was changed once all are followed', () => {
    const row = settleCondemned({ ...counting, state: 'condemning', decidedAt: 1 }, shards(), NOW)
    assert.equal(row.state, 'done')
    assert.equal(row.endedAt, NOW)
    assert.equal(row.counts?.condemned, 64)
  })
})

describe('a verdict', () => {
  it('lets pass only what waits, and takes nothing back that is followed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...REPORT_STATES),
        fc.constantFrom(...VERDICTS),
        fc.boolean(),
        (state, verdict, wrong) => {
          const place = wrong ? [reason('older', 'told')] : []
          const after = settleVerdict({ ...counting, state }, verdict, { place, now: NOW })
          const open = ['counting', 'waiting', 'refused'].includes(state)
          if (verdict === 'reject') assert.equal(after?.state, open ? 'rejected' : undefined)
          else if (state !== 'waiting') assert.equal(after, undefined)
          else assert.equal(after?.state, wrong ? 'refused' : 'condemning')
          if (after) assert.equal(after.revision, counting.revision + 1)
        },
      ),
    )
  })
})

describe('a report that is being followed', () => {
  const followed: ReportRow = { ...counting, state: 'condemning', decidedAt: 5 }
  const other = (generation: string, decidedAt: number): ReportRow => ({
    ...followed,
    ...{ report: newReportId(), generation, decidedAt, state: 'done' },
  })
  const going = (others: readonly ReportRow[], generation = '1') =>
    judgeGoingOn(followed, [followed, ...others], { generation, largestShare: 1 }).map(
      ({ refusal }) => refusal,
    )

  it('goes on while a later one of its generation is followed, and ends once that is done', () => {
    assert.deepEqual(going([]), [])
    assert.deepEqual(going([other('1', 6), other('0', 4)]), [], 'stored in the same second')
    const later: ReportRow = { ...other('1', 6), storedAt: followed.storedAt + 1 }
    for (const state of REPORT_STATES)
      assert.deepEqual(going([{ ...later, state }]), state === 'done' ? ['older'] : [], state)
    assert.deepEqual(going([{ ...later, storedAt: followed.storedAt - 1 }]), [])
    assert.deepEqual(going([{ ...later, generation: '0', decidedAt: 4 }]), [])
  })

  it('ends with its generation, also when that is deployed again', () => {
    assert.deepEqual(going([], '2'), ['other generation'])
    assert.deepEqual(going([other('2', 6)]), ['other generation'])
    assert.deepEqual(
      judgeGoingOn(followed, [], undefined).map(({ refusal }) => refusal),
      ['foreign'],
    )
  })

  it('is of no other database than those deployed', () => {
    const policy = { largestShare: 0.2, databases: { main: { generation: '1' } } }
    assert.deepEqual(rulesOf(policy, 'main'), { generation: '1', largestShare: 0.2 })
    assert.equal(rulesOf(policy, 'other'), undefined)
    assert.deepEqual(
      judgePlace(counting, [], undefined).map(({ refusal }) => refusal),
      ['foreign'],
    )
  })
})

describe('what is measured when something is decided', () => {
  it('is how many reports wait, what was swept alive, and what the report changed', () => {
    const counts = { ...NO_COUNTS, sweptAlive: 2, condemned: 3, condemnedBytes: 300, revived: 1 }
    const done: ReportRow = { ...counting, state: 'done', storedAt: 4, decidedAt: 5, endedAt: 6, counts }
    const refused = refuse(counting, [reason('older', 'told')], 7)
    const waiting: ReportRow = { ...counting, state: 'waiting', endedAt: 8 }
    const databases = [
      [done, refused, waiting],
      [waiting],
      [{ ...done, decidedAt: 4, counts: NO_COUNTS }, done],
    ]
    assert.deepEqual(condemnMetrics(done, databases), {
      ...{ OpenReports: 3, SweptAliveBlobs: 4 },
      ...{ CondemnedBlobs: 3, CondemnedBytes: 300, RevivedBlobs: 1 },
    })
    assert.deepEqual(condemnMetrics(refused, [[refused]]), { OpenReports: 1, SweptAliveBlobs: 0 })
  })
})
