import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatMoment, parseMoment } from '../../core/model/moment.ts'

const NOW = Date.UTC(2026, 10, 25, 13, 55)

test('a moment is read as people write it, and is UTC unless it says otherwise', () => {
  assert.equal(parseMoment('2026-11-25', NOW), Date.UTC(2026, 10, 25))
  assert.equal(parseMoment('2026-11-25T13:55', NOW), NOW)
  assert.equal(parseMoment('2026-11-25 13:55:07', NOW), NOW + 7_000)
  assert.equal(parseMoment('2026-11-25T14:55:00+01:00', NOW), NOW)
  assert.equal(parseMoment('3d', NOW), Date.UTC(2026, 10, 22, 13, 55))
  assert.equal(parseMoment('100y', NOW), 0)
})

test('what is no moment is none', () => {
  for (const text of [
    '',
    'yesterday',
    '3',
    '2026-13-01',
    '2026-11-25T25:00',
    '1969-12-31',
    '25.11.2026',
    'NaN',
  ])
    assert.equal(parseMoment(text, NOW), undefined, text)
  fc.assert(
    fc.property(fc.string(), text => {
      const moment = parseMoment(text, NOW)
      assert.ok(moment === undefined || (moment >= 0 && Number.isFinite(moment)))
    }),
  )
})

test('every moment can be told, and to the minute is read again', () => {
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), time => {
      const text = formatMoment(time)
      const minute = Math.floor(time / 60_000) * 60_000
      if (time < Date.UTC(10_000, 0)) assert.equal(parseMoment(text.replace(' UTC', ''), NOW), minute)
    }),
  )
  assert.equal(formatMoment(NOW + 59_999), '2026-11-25 13:55 UTC')
})
