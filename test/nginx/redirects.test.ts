import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { describe, it } from 'node:test'
import { formatRef } from '../../core/model/ref.ts'
import { get } from '../sandbox/edge-setting.ts'
import { stage } from './stage.ts'

const PUBLIC = { 'Cache-Control': 'public, max-age=86400' }

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
  it('is kept for a minute by browsers, since the address may lead to another blob tomorrow', async () => {
    const { path } = await stage.plant('the blob', 'bucket')
    const { headers } = await stage.get(path)
    assert.equal(agesOf(headers).kept, 60)
    assert.match(String(headers['cache-control']), /\bprivate\b/)
  })

  it('from an address that is fixed, until shortly before its URL expires', async () => {
    const { path } = await stage.plant('the blob', 'bucket')
    const { headers } = await stage.get(`${path}&address=fixed`)
    const { kept, lives } = agesOf(headers)
    assert.ok(kept > 3_000 && kept < lives, `${kept} of ${lives}`)
    assert.match(String(headers['cache-control']), /\bprivate\b/)
  })

  const past = { Expires: 'Thu, 01 Jan 1970 00:00:00 GMT' }
  for (const said of [
    ...['no-store', 'no-cache', 'private, max-age=0, must-revalidate', ['private', 'no-cache']].map(
      words => ({
        'Cache-Control': words,
      }),
    ),
    past,
  ])
    it(`is kept not at all when the application says ${JSON.stringify(said)}`, async () => {
      const { path } = await stage.plant('the blob', 'bucket')
      stage.application.says(said)
      for (const address of ['', '&address=fixed']) {
        const { status, headers } = await stage.get(path + address)
        assert.equal(status, 302)
        assert.match(String(headers['cache-control']), /\bno-store\b/)
        assert.doesNotMatch(String(headers['cache-control']), /max-age=[1-9]/)
        assert.ok(Date.parse(String(headers.expires)) < Date.now())
      }
      stage.application.says({})
    })

  it('is kept for less than a minute when the application says so', async () => {
    const { path } = await stage.plant('the blob', 'bucket')
    stage.application.says({ 'Cache-Control': 'private, max-age=20' })
    for (const address of ['', '&address=fixed'])
      assert.equal(agesOf((await stage.get(path + address)).headers).kept, 20)
    stage.application.says({})
  })

  it('likewise for a blob that was released after the agent’s answer', async () => {
    const { ref, file, path } = await stage.plant('the blob')
    const blob = `/v1/blobs/${formatRef(ref)}`
    await stage.ask(`${blob}/object?database=main`, 'PUT')
    const { headers: handed } = await stage.ask(`${blob}/deliver?database=main`)
    rmSync(file)
    const leads = { 'X-Accel-Redirect': handed['x-accel-redirect'], ETag: handed.etag }
    for (const [words, kept] of [
      ['public, max-age=86400', 'max-age=60, private'],
      ['max-age=20', 'max-age=20, private'],
      ['no-store', 'no-cache, no-store'],
    ] as const) {
      stage.application.says({ ...leads, 'Cache-Control': words })
      const { status, headers } = await stage.get(path)
      assert.deepEqual([status, headers['cache-control']], [302, kept])
    }
    stage.application.says({})
  })

  it('is kept no longer when the application says that its answer may be kept', async () => {
    const { path } = await stage.plant('the blob', 'bucket')
    const inAMonth = new Date(Date.now() + 30 * 86_400_000).toUTCString()
    stage.application.says({ 'Cache-Control': 'public, max-age=86400, s-maxage=86400', Expires: inAMonth })
    const { headers } = await stage.get(path)
    stage.application.says({})
    const { kept, lives } = agesOf(headers)
    assert.ok(kept === 60 && kept < lives, `${kept} of ${lives}`)
    assert.match(String(headers['cache-control']), /\bprivate\b/)
    assert.doesNotMatch(String(headers['cache-control']), /public|s-maxage/)
    assert.ok(Date.parse(String(headers.expires)) / 1000 <= Date.now() / 1000 + lives)
  })

  it('leads to the new blob once the file was replaced, and browsers learn of it within a minute', async () => {
    for (const content of ['old content', 'new content']) {
      const { ref } = await stage.plant(content, 'bucket')
      const path = `/_nice-blobs-agent/v1/blobs/${formatRef(ref)}/deliver?database=main`
      stage.application.says({ ...PUBLIC, 'X-Accel-Redirect': path })
      const { headers } = await stage.getShared('/file')
      assert.ok(agesOf(headers).kept <= 60)
      assert.equal((await get(String(headers.location))).body.toString(), content)
    }
    stage.application.says({})
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
    for (const said of [{}, PUBLIC]) {
      stage.application.says(said)
      const before = stage.application.asked()
      for (const _time of [1, 2]) assert.equal((await stage.getShared(path)).status, 200)
      assert.equal(stage.application.asked(), before + 2)
    }
    stage.application.says({})
  })
})
