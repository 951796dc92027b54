import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { judgeBucketRights, judgeRowRights } from '../../client/doctor/rights.ts'
import { judgeReplication } from '../../client/doctor/settings.ts'
import { BlobUnavailable, EXIT } from '../../core/model/errors.ts'
import type { BucketRights, Outcome } from '../../core/model/right.ts'

/** The doctor's judgements, without anything to ask. */

const OUTAGE = new BlobUnavailable('SERVER_BUSY', 'too much', { subject: 'it', hint: 'wait' })
const outcome = fc.constantFrom<Outcome>(
  { outcome: 'allowed' },
  { outcome: 'allowed', left: 'something' },
  { outcome: 'denied' },
  { outcome: 'unknown', why: 'one reason' },
  { outcome: 'unknown', why: 'another reason' },
  { outcome: 'failed', error: OUTAGE },
)
const rights: fc.Arbitrary<BucketRights> = fc.record({
  list: outcome,
  read: outcome,
  create: outcome,
  mark: outcome,
  deleteVersion: outcome,
  overwrite: outcome,
  reach: outcome,
})

describe('the judgement of rights', () => {
  it('fails exactly when somebody may delete or overwrite, may not read, or nobody can tell (I3, I6)', () => {
    fc.assert(
      fc.property(rights, rights => {
        const found = judgeBucketRights(rights, 'some-bucket')
        const expected = [
          ...(rights.read.outcome === 'denied' ? [EXIT.unavailable] : []),
          ...([rights.mark, rights.deleteVersion, rights.overwrite].some(each => each.outcome === 'allowed')
            ? [EXIT.input]
            : []),
          ...Object.values(rights).flatMap(each => (each.outcome === 'failed' ? [EXIT.unavailable] : [])),
        ]
        const failed = found.filter(({ level }) => level === 'fail')
        assert.deepEqual(
          failed.map(({ status }) => status),
          expected,
        )
        assert.ok(found.every(({ level, status }) => level === 'fail' || status === undefined))
      }),
    )
  })

  it('passes over no right whose outcome is a finding', () => {
    const words = { read: 'read', create: 'create', mark: 'delete blobs', reach: 'see other databases' }
    fc.assert(
      fc.property(rights, rights => {
        const told = judgeBucketRights(rights, 'some-bucket').map(found => found.told)
        for (const [right, word] of Object.entries(words))
          if (rights[right as 'read'].outcome !== 'failed') assert.ok(told.some(line => line.includes(word)))
      }),
    )
  })

  it('throws an outage of the index, which says nothing of rights (I11)', () => {
    const rows = { table: 'some-table', database: 'main', guarded: true }
    const denied: Outcome = { outcome: 'denied' }
    const failed: Outcome = { outcome: 'failed', error: OUTAGE }
    assert.throws(() => judgeRowRights({ write: denied, remove: failed }, rows), OUTAGE)
    assert.throws(() => judgeRowRights({ write: failed, remove: denied }, rows), OUTAGE)
  })

  it('takes a right to delete rows for no finding where no policy could deny it', () => {
    const allowed: Outcome = { outcome: 'allowed' }
    const judge = (guarded: boolean) =>
      judgeRowRights({ write: allowed, remove: allowed }, { table: 'some-table', database: 'main', guarded })
    assert.deepEqual(judge(false), {
      level: 'ok',
      told: 'the table some-table answers; these credentials may write and delete rows of main',
    })
    assert.equal(judge(true).level, 'warn')
  })
})

describe('the judgement of a replication', () => {
  for (const [replicas, replica, level] of [
    [[], undefined, 'skipped'],
    [['a-copy'], undefined, 'ok'],
    [['a-copy'], 'a-copy', 'ok'],
    [['one', 'a-copy'], 'a-copy', 'ok'],
    [['one'], 'a-copy', 'warn'],
    [[], 'a-copy', 'warn'],
  ] as const) {
    it(`says ${level} of ${replicas.length} where ${replica ?? 'none'} is configured`, () => {
      assert.equal(judgeReplication(replicas, replica).level, level)
    })
  }
})
