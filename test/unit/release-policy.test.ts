import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DAY } from '../../core/model/quantity.ts'
import { wasReadLately } from '../../core/model/read-lately.ts'
import { judgeReplication } from '../../core/model/release-policy.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2024, 1, 29)

describe('whether the replica keeps a file (I1)', () => {
  it('is asked only where it is asked for', () => {
    for (const status of ['completed', 'pending', 'failed', undefined] as const)
      for (const policy of [{ delay: 0 }, { delay: 0, replicated: false }])
        assert.equal(judgeReplication(status, policy), 'due')
  })

  it('has an answer for each status', () => {
    const policy = { delay: 0, replicated: true }
    assert.equal(judgeReplication('completed', policy), 'due')
    assert.equal(judgeReplication('pending', policy), 'not replicated yet')
    assert.equal(judgeReplication('failed', policy), 'replication failed')
    assert.equal(judgeReplication(undefined, policy), 'in no replica')
  })
})

describe('whether a file was read lately', () => {
  const written = NOW - 100 * DAY
  const cases: [what: string, atimeMs: number, mtimeMs: number, lately: boolean][] = [
    ['read today', NOW - MINUTE, written, true],
    ['read a week ago', NOW - 7 * DAY, written, true],
    ['read before that', NOW - 7 * DAY - 1, written, false],
    ['never read, as where nothing is noted', written, written, false],
    ['read only while it was written', NOW - DAY + MINUTE, NOW - DAY, false],
    ['read a moment after that', NOW - DAY + MINUTE + 1, NOW - DAY, true],
    ['from before it was written, as by utime', written - DAY, written, false],
    ['read by the clock of a server that is ahead', NOW + MINUTE, written, true],
    ['read in a year to come', NOW + 365 * DAY, written, false],
    ['written in the future', NOW - MINUTE, NOW + DAY, false],
    ['copied with its mtime today', NOW - MINUTE, written, true],
    ['copied with its mtime before the release delay began', NOW - 8 * DAY, written, false],
  ]
  for (const [what, atimeMs, mtimeMs, lately] of cases)
    it(`is told of one ${what}: ${lately ? 'yes' : 'no'}`, () =>
      assert.equal(wasReadLately({ atimeMs, mtimeMs }, NOW), lately))
})
