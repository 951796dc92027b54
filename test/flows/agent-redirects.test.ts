import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { keepRedirect } from '../../client/agent/redirect.ts'
import { EDGE, withBlob } from './deliver-setting.ts'

const HOUR = 3_600_000

describe('a redirect', () => {
  it('is kept by nobody as long as its URL lives, whatever the time', async test => {
    const { deliver } = await withBlob(test, 'bucket', { delivery: EDGE })
    const begin = Date.now()
    test.mock.timers.enable({ apis: ['Date'], now: begin })
    await fc.assert(
      fc.asyncProperty(fc.nat(24 * HOUR), async later => {
        test.mock.timers.setTime(begin + later)
        const { status, headers } = await deliver('?address=fixed')
        assert.equal(status, 302)
        const [, age] = /^private, max-age=(\d+)$/.exec(String(headers['cache-control'])) ?? []
        const expires = Number(new URL(String(headers.location)).searchParams.get('Expires'))
        assert.ok(Number(age) > 0 && Date.now() + Number(age) * 1000 < expires * 1000)
      }),
      { numRuns: 50 },
    )
  })

  it('is kept not at all when its URL is about to expire', () => {
    const times = fc.integer({ min: 0, max: 4e12 })
    fc.assert(
      fc.property(times, fc.integer({ min: -HOUR, max: HOUR }), (now, left) => {
        const control = keepRedirect({ expires: now + left, isFixed: true, application: {} }, now)
        const [, age] = /^private, max-age=(\d+)$/.exec(control) ?? []
        if (age === undefined) assert.equal(control, 'no-store')
        else assert.ok(now + Number(age) * 1000 < now + left)
      }),
    )
    const soon = { expires: 60_000, isFixed: true, application: {} }
    assert.equal(keepRedirect(soon, 50_000), 'no-store')
  })

  it('is forgotten after a minute, unless its address leads to one blob for ever', async test => {
    const { deliver } = await withBlob(test, 'bucket', { delivery: EDGE })
    assert.equal((await deliver()).headers['cache-control'], 'private, max-age=60')
    const [, age] =
      /max-age=(\d+)/.exec(String((await deliver('?address=fixed')).headers['cache-control'])) ?? []
    assert.ok(Number(age) > 3_000)
  })

  it('is kept no longer than the application’s own answer', async test => {
    const { deliver } = await withBlob(test, 'bucket', { delivery: EDGE })
    const past = 'Thu, 01 Jan 1970 00:00:00 GMT'
    const inAnHour = new Date(Date.now() + HOUR).toUTCString()
    for (const [cacheControl, expires, seconds] of [
      ['no-store', '', 0],
      ['public, No-Cache', '', 0],
      ['no-cache="set-cookie", max-age=9', '', 0],
      ['private, max-age=0, must-revalidate', inAnHour, 0],
      ['must-revalidate', '', 0],
      ['max-age=soon', '', 0],
      ['max-age=7', '', 7],
      ['max-age="7"', past, 7],
      ['max-age=50, max-age=5', '', 5],
      ['public, max-age=86400, s-maxage=1', '', 60],
      ['public, s-maxage=0', '', 60],
      ['max-age=99999999999999999999999', '', 60],
      ['', past, 0],
      ['', '0', 0],
      ['public', inAnHour, 60],
    ] as const) {
      const headers = { 'x-nice-blobs-cache-control': cacheControl, 'x-nice-blobs-expires': expires }
      const said = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
      const answer = await deliver('', { headers: said })
      const control = seconds === 0 ? 'no-store' : `private, max-age=${seconds}`
      assert.equal(answer.headers['cache-control'], control, `${cacheControl}; ${expires}`)
    }
  })

  it('is kept longer for no word of the application', () => {
    const words = fc.constantFrom(
      'public',
      'no-cache',
      'no-store',
      'max-age=',
      'max-age',
      '=',
      '"',
      ',',
      ' ',
      '-1',
    )
    const said = fc.array(fc.oneof(words, fc.nat().map(String), fc.string())).map(parts => parts.join(''))
    fc.assert(
      fc.property(
        said,
        said,
        fc.boolean(),
        fc.integer({ min: -HOUR, max: HOUR }),
        (cacheControl, expires, isFixed, left) => {
          const now = 1.7e12
          const ageOf = (application: object) =>
            Number(
              /max-age=(\d+)$/.exec(keepRedirect({ expires: now + left, isFixed, application }, now))?.[1] ??
                0,
            )
          assert.ok(ageOf({ cacheControl, expires }) <= ageOf({}))
        },
      ),
    )
  })
})
