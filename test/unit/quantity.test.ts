import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../core/model/quantity.ts'

describe('quantities', () => {
  it('are read with and without units', () => {
    const bytes = {
      '0': 0,
      '10': 10,
      '10GB': 1e10,
      '1.5 MB': 1.5e6,
      '128KiB': 131_072,
      '1TiB': 2 ** 40,
      '5kB': 5000,
    }
    for (const [text, amount] of Object.entries(bytes)) assert.equal(parseBytes(text), amount, text)
    const durations = { '15m': 900_000, '1d': 86_400_000, '0s': 0, '1.5h': 5_400_000, '2w': 1_209_600_000 }
    for (const [text, amount] of Object.entries(durations)) assert.equal(parseDuration(text), amount, text)
  })

  it('are refused when they say nothing definite', () => {
    for (const text of ['', 'GB', '-1', '1e9', '10 GBs', '1,5MB', 'NaN', '99999999TB', '10gb']) {
      assert.equal(parseBytes(text), undefined, text)
    }
    for (const text of ['', '15', '1M', '-1d', 'd', '1 day'])
      assert.equal(parseDuration(text), undefined, text)
  })

  it('never throw, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        for (const parse of [parseBytes, parseDuration]) {
          const amount = parse(text)
          assert.ok(amount === undefined || (Number.isSafeInteger(amount) && amount >= 0))
        }
      }),
    )
  })

  it('are written in three digits at most', () => {
    const texts: [number, string][] = [
      [0, '0 B'],
      [999, '999 B'],
      [1000, '1 kB'],
      [1234, '1.2 kB'],
      [412e9, '412 GB'],
    ]
    for (const [bytes, text] of [...texts, [999_999, '1 MB'] as const]) assert.equal(formatBytes(bytes), text)
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), bytes =>
        assert.match(formatBytes(bytes), /^(\d{1,3}|\d\.\d) \w+$/),
      ),
    )
    assert.equal(formatDuration(0), '0 s')
    assert.equal(formatDuration(250_000), '4 min 10 s')
    assert.equal(formatDuration(2 * 86_400_000 + 3 * 3_600_000), '2 d 3 h')
  })

  it('lose at most half of their last digit by being written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), bytes => {
        const again = parseBytes(formatBytes(bytes)) ?? Number.NaN
        assert.ok(Math.abs(again - bytes) <= bytes * 0.0526 + 0.5, `${bytes} ${again}`)
      }),
    )
  })
})
