import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { endOfWindow, expiryOf } from '../../core/model/url-expiry.ts'

/** Milliseconds. */
const anyNow = fc.integer({ min: Date.UTC(2020), max: Date.UTC(2100) })
/** Even seconds, up to a week, as the configuration takes them. */
const anyLifetime = fc.integer({ min: 1, max: 302_400 }).map(half => half * 2_000)

describe('when a signed URL expires', () => {
  it('is a whole second, never after its lifetime and never before half of it', () => {
    fc.assert(
      fc.property(anyNow, anyLifetime, (now, lifetime) => {
        const expires = expiryOf(now, lifetime)
        assert.equal(expires % 1_000, 0)
        assert.ok(expires <= now + lifetime && expires > now + lifetime / 2, `${now} ${lifetime} ${expires}`)
      }),
    )
  })

  it('is the same for all within a window, and another one from its end on', () => {
    fc.assert(
      fc.property(anyNow, anyLifetime, fc.nat(), (now, lifetime, later) => {
        const expires = expiryOf(now, lifetime)
        const end = endOfWindow(expires, lifetime)
        const within = now + (later % (end - now))
        assert.equal(expiryOf(within, lifetime), expires)
        assert.equal(expiryOf(end - 1, lifetime), expires)
        assert.equal(expiryOf(end, lifetime), expires + lifetime / 2)
      }),
    )
  })

  it('is of an hour and a half at ten past twelve, by two hours', () => {
    const at = (time: string) => Date.parse(`2026-11-25T${time}Z`)
    assert.equal(expiryOf(at('12:10:00'), 7_200_000), at('14:00:00'))
    assert.equal(expiryOf(at('12:59:59.999'), 7_200_000), at('14:00:00'))
    assert.equal(expiryOf(at('13:00:00'), 7_200_000), at('15:00:00'))
  })
})
