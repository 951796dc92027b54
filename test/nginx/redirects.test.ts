import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { get } from '../sandbox/edge-setting.ts'
import { stage } from './stage.ts'

/** Of the redirect: how long it may be kept, and how long its URL lives, in seconds from now. */
function agesOf(headers: Record<string, string | string[] | undefined>): { kept: number; lives: number } {
  const ages = String(headers['cache-control']).matchAll(/max-age=(\d+)/g)
  const expires = new URL(String(headers.location)).searchParams.get('Expires')
  return {
    kept: Math.max(...[...ages].map(([, age]) => Number(age))),
    lives: Number(expires) - Date.now() / 1000,
  }
}

describe('a redirect to the edge', () => {
  it('is kept by no browser until its URL has expired', async () => {
    const { path } = await stage.plant('the blob', 'bucket')
    const { headers } = await stage.get(path)
    const { kept, lives } = agesOf(headers)
    assert.ok(kept > 0 && kept < lives, `${kept} of ${lives}`)
    assert.match(String(headers['cache-control']), /\bprivate\b/)
  })

  it('nor when the application says that its answer may be kept', async () => {
    const { path } = await stage.plant('the blob', 'bucket')
    const inAMonth = new Date(Date.now() + 30 * 86_400_000).toUTCString()
    stage.application.says({ 'Cache-Control': 'public, max-age=86400, s-maxage=86400', Expires: inAMonth })
    const { headers } = await stage.get(path)
    stage.application.says({})
    const { kept, lives } = agesOf(headers)
    assert.ok(kept < lives, `${kept} of ${lives}`)
    assert.match(String(headers['cache-control']), /\bprivate\b/)
    assert.doesNotMatch(String(headers['cache-control']), /public|s-maxage/)
    assert.ok(Date.parse(String(headers.expires)) / 1000 <= Date.now() / 1000 + lives)
  })

  it('is kept by no cache that several share, each of whom the application judges', async () => {
    const { path } = await stage.plant('the blob', 'bucket')
    const before = stage.application.asked()
    for (const _time of [1, 2]) {
      const { status, headers } = await stage.getShared(path)
      assert.equal(status, 302)
      assert.equal((await get(String(headers.location))).body.toString(), 'the blob')
    }
    assert.equal(stage.application.asked(), before + 2)
  })

  it('nor is a file', async () => {
    const { path } = await stage.plant('the blob')
    const before = stage.application.asked()
    for (const _time of [1, 2]) assert.equal((await stage.getShared(path)).status, 200)
    assert.equal(stage.application.asked(), before + 2)
  })
})
