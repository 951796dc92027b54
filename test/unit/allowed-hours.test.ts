import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type AllowedHours, allowedFor, parseHours } from '../../core/model/allowed-hours.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const hours = (text: string): AllowedHours => {
  const parsed = parseHours(text)
  assert.ok(parsed)
  return parsed
}
const forMinutes = (text: string, zone: string, time: string) =>
  allowedFor(hours(text), zone, Date.parse(time)) / MINUTE

describe('allowed hours', () => {
  it('are read, and nothing else is', () => {
    assert.deepEqual(parseHours('22:00-06:30'), { from: 1320, to: 390 })
    assert.deepEqual(parseHours('00:00-24:00'), { from: 0, to: 0 })
    for (const text of [
      '',
      '22-6',
      '22:00-22:00',
      '25:00-06:00',
      '22:60-06:00',
      '22:00-24:01',
      '22:00–06:00',
    ])
      assert.equal(parseHours(text), undefined, text)
  })

  it('go over midnight, in their time zone', () => {
    assert.equal(forMinutes('22:00-06:00', 'UTC', '2026-11-25T21:59:59Z'), 0)
    assert.equal(forMinutes('22:00-06:00', 'UTC', '2026-11-25T22:00:00Z'), 480)
    assert.equal(forMinutes('22:00-06:00', 'UTC', '2026-11-26T05:59:00Z'), 1)
    assert.equal(forMinutes('22:00-06:00', 'UTC', '2026-11-26T06:00:00Z'), 0)
    assert.equal(forMinutes('22:00-06:00', 'Asia/Kathmandu', '2026-11-25T16:15:00Z'), 480)
    assert.equal(forMinutes('00:00-24:00', 'UTC', '2026-11-25T13:00:00Z'), 660)
  })

  it('end when the clock says so, also in a night in which it is set forward or back', () => {
    assert.equal(forMinutes('22:00-06:00', 'Europe/Zurich', '2026-03-28T21:00:00Z'), 7 * 60)
    assert.equal(forMinutes('22:00-06:00', 'Europe/Zurich', '2026-10-24T20:00:00Z'), 9 * 60)
  })

  it('are over at the end that was told, and not before', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe')
    const minute = fc.nat({ max: 1439 })
    const time = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2028, 0) })
    fc.assert(
      fc.property(minute, minute, zones, time, (from, to, zone, now) => {
        fc.pre(from !== to)
        const left = allowedFor({ from, to }, zone, now)
        assert.ok(left >= 0 && left <= 26 * HOUR)
        if (left === 0) return
        assert.ok(allowedFor({ from, to }, zone, now + Math.floor(left / 2)) > 0)
        assert.ok(allowedFor({ from, to }, zone, now + left) < left)
      }),
    )
  })
})
