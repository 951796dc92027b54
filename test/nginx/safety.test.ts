import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse } from 'content-disposition'
import fc from 'fast-check'
import { plainName } from '../../core/model/file-name.ts'
import { CONTENT_SECURITY_POLICY } from '../../core/model/security-policy.ts'
import { stage } from './stage.ts'

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
const PAGES: [name: string, type: string, bytes: string][] = [
  ['page.html', 'text/html', '<!doctype html><script>alert(1)</script>'],
  ['drawing.svg', 'image/svg+xml', SVG],
  ['feed.xml', 'text/xml', `<?xml version="1.0"?>${SVG}`],
  ['picture.gif', 'image/gif', 'GIF89a/*<script>alert(1)</script>'],
]
const PLACES = ['volume', 'cache'] as const

/** What nginx answered, without its own words. */
const namesOf = (headers: object) =>
  Object.keys(headers).filter(name => !/^(server|date|connection)$/.test(name))

describe('through nginx', () => {
  for (const [name, type, bytes] of PAGES)
    it(`${name} is saved, runs nothing, and is what its bytes are`, async () => {
      for (const where of PLACES) {
        const { path } = await stage.plant(bytes, where)
        const { headers } = await stage.get(
          `${path}&disposition=inline&filename=${name}&type=${encodeURIComponent(type)}`,
        )
        assert.match(String(headers['content-disposition']), /^attachment/)
        assert.doesNotMatch(String(headers['content-type']), /html|svg/)
        assert.equal(headers['content-security-policy'], CONTENT_SECURITY_POLICY)
        assert.equal(headers['x-content-type-options'], 'nosniff')
        assert.equal(headers['referrer-policy'], 'no-referrer')
        assert.equal(headers['cross-origin-resource-policy'], 'same-site')
      }
    })

  it('no name of a file gets more into an answer than its name', async () => {
    const { path } = await stage.plant('the blob')
    const usual = namesOf((await stage.get(`${path}&filename=a.txt`)).headers)
    const hostile = fc.constantFrom(
      ...[
        '\r\nSet-Cookie: a=b',
        '\n\n<script>',
        '"; filename=b',
        '\0',
        '&disposition=inline',
        '?',
        '#',
        '%0d%0a',
      ],
      ...['\u202egnp.exe', '\ud800', '😀', '../../etc/passwd', 'X-Accel-Redirect: /', '\\', ';'],
    )
    const names = fc.array(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(names, async parts => {
        const name = parts.join('').toWellFormed()
        const { status, headers, body } = await stage.get(`${path}&filename=${encodeURIComponent(name)}`)
        assert.deepEqual([status, body.toString(), namesOf(headers)], [200, 'the blob', usual])
        const { type, parameters } = parse(String(headers['content-disposition']))
        assert.deepEqual([type, parameters.filename], ['attachment', plainName(name)])
      }),
      { numRuns: 200 },
    )
  })

  it('the longest of names get through', async () => {
    for (const where of ['volume', 'bucket'] as const) {
      const { path } = await stage.plant('the blob', where)
      const { status } = await stage.get(`${path}&filename=${encodeURIComponent('字'.repeat(220))}.pdf`)
      assert.equal(status, where === 'volume' ? 200 : 302)
    }
  })

  it('nobody from outside gets to the agent or the files, whatever the path', async () => {
    const { ref, path } = await stage.plant('the blob')
    await stage.get(path)
    const before = await stage.deliveries()
    const file = `v1/nginx-blobs/main/${ref.oid.slice(-2)}/${ref.oid}-${ref.tid}.blob`
    const inside = [
      `/_nice-blobs/${file}`,
      `/_nice-blobs/${file}?sendfile=off`,
      '/_nice-blobs/v1/.ledger.sqlite',
      `/_nice-blobs-agent/v1/blobs/${ref.oid}/${ref.tid}/deliver`,
      '/_nice-blobs-agent/metrics',
      `/_nice-blobs/v1/nginx-blobs/main/00/${'0'.repeat(16)}-${'0'.repeat(16)}.blob`,
    ]
    const disguises: ((path: string) => string)[] = [
      path => path,
      path => `/${path}`,
      path => path.replace('_', '%5f'),
      path => `/x/..${path}`,
      path => path.replace('/v1', '//v1'),
      path => `/.${path}`,
    ]
    for (const target of inside)
      for (const disguise of disguises) {
        const { status, body } = await stage.get(disguise(target), { 'x-accel-redirect': '/_nice-blobs/' })
        assert.deepEqual([disguise(target), status], [disguise(target), 404])
        assert.ok(!body.includes('the blob'))
      }
    assert.equal(await stage.deliveries(), before)
  })

  it('who may not see a blob does not, whatever the request says', async () => {
    const { ref, path } = await stage.plant('the blob')
    const file = `/_nice-blobs/v1/nginx-blobs/main/${ref.oid.slice(-2)}/${ref.oid}-${ref.tid}.blob`
    for (const header of ['x-accel-redirect', 'x-sendfile', 'x-original-url', 'x-rewrite-url']) {
      const { status, body } = await stage.get(path, { cookie: 'user=eve', [header]: file })
      assert.deepEqual([status, body.toString()], [403, 'not for you'])
    }
  })

  it('the application can ask the agent to deliver, and nothing else', async () => {
    const { ref } = await stage.plant('the blob')
    for (const target of [
      '/metrics',
      '/healthz',
      `/v1/blobs/${ref.oid}/${ref.tid}`,
      `/v1/blobs/x/y/deliver`,
    ]) {
      stage.application.says({ 'X-Accel-Redirect': `/_nice-blobs-agent${target}` })
      const { status, body } = await stage.get('/')
      assert.equal(status, 400, target)
      assert.doesNotMatch(body.toString(), /REQUEST_INVALID|subject|hint/)
    }
    stage.application.says({})
  })

  it('an application with a disposition of its own learns of it at once', async () => {
    const { path } = await stage.plant('the blob')
    stage.application.says({ 'Content-Disposition': 'inline' })
    assert.equal((await stage.get(path)).status, 500)
    stage.application.says({})
    assert.equal((await stage.get(path)).status, 200)
  })
})
