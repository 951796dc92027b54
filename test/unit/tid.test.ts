import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { tidToTime, timeToTid } from '../../core/model/tid.ts'

const { tids } = JSON.parse(readFileSync(new URL('../fixtures/paths.json', import.meta.url), 'utf8'))

describe('tids', () => {
  it('tell the same time as persistent.TimeStamp', () => {
    assert.ok(tids.length > 30)
    for (const { tid, epochMs } of tids) assert.ok(Math.abs(tidToTime(tid) - epochMs) < 0.01, tid)
  })

  it('are given back for their time to the microsecond, and never an earlier one', () => {
    const times = fc.integer({ min: Date.UTC(1900, 0), max: Date.UTC(2200, 0) })
    fc.assert(
      fc.property(times, time => {
        const told = tidToTime(timeToTid(time))
        assert.ok(told >= time - 1e-3 && told - time < 1e-3, `${time} ${told}`)
      }),
    )
  })

  it('sort as their times do', () => {
    const times = fc.integer({ min: Date.UTC(1900, 0), max: Date.UTC(2200, 0) })
    fc.assert(fc.property(times, times, (a, b) => assert.equal(a < b, timeToTid(a) < timeToTid(b))))
  })
})
