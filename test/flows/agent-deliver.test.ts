import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { startEdge } from '../../sandbox/edge/server.ts'
import { DISTRIBUTION, get } from '../sandbox/edge-setting.ts'
import type { Reply } from './agent-setting.ts'
import { at, EDGE, GIF, told, withBlob } from './deliver-setting.ts'
import { openFilesBelow } from './open-files.ts'
import { refNumber } from './setting.ts'

/** Where nginx looks for the file, with this alias of its location. */
function fileOf({ headers }: Reply, base: string, prefix = '/_nice-blobs/'): string {
  const location = String(headers['x-accel-redirect'])
  assert.ok(location.startsWith(prefix), location)
  return join(base, 'cache', decodeURIComponent(location.slice(prefix.length).split('?')[0] ?? ''))
}

describe('the agent delivers', () => {
  for (const where of ['volume', 'cache'] as const)
    it(`what is in the ${where} by a path below the cache directory (I12)`, async test => {
      const { base, deliver, ref } = await withBlob(test, where, { delivery: EDGE })
      const answer = await deliver('?disposition=inline&filename=%C3%BC.gif')
      assert.deepEqual([answer.status, answer.body.length], [200, 0])
      assert.ok(readFileSync(fileOf(answer, base)).equals(GIF))
      const { headers } = answer
      assert.equal(headers['content-type'], 'image/gif')
      assert.match(String(headers['content-disposition']), /^inline; .*filename\*=UTF-8''%C3%BC\.gif$/)
      assert.equal(headers['cache-control'], 'private')
      assert.equal(headers.etag, `"${ref.oid}-${ref.tid}"`)
      assert.match(String(headers['content-security-policy']), /sandbox/)
    })

  it('by a location of another name, or by a path where the server wants one', async test => {
    const other = await withBlob(test, 'volume', { agent: { accelPrefix: '/files/of/blobs/' } })
    fileOf(await other.deliver(), other.base, '/files/of/blobs/')
    const { deliver, base } = await withBlob(test, 'cache', { agent: { sendfile: 'X-Sendfile' } })
    const { headers } = await deliver()
    assert.equal(headers['x-accel-redirect'], undefined)
    const path = decodeURIComponent(String(headers['x-sendfile']))
    assert.ok(path.startsWith(`${base}/cache/`))
    assert.ok(readFileSync(path).equals(GIF))
  })

  it('what only the bucket has by a signed URL, which opens it at the edge', async test => {
    const { sandbox, publicKeys, deliver, ask, ref, start, agent, config } = await withBlob(test, 'bucket', {
      delivery: EDGE,
    })
    const edge = await startEdge({ ...DISTRIBUTION, bucket: 'agent-blobs', publicKeys }, sandbox)
    test.after(edge.close)
    await agent.close()
    Object.assign(config.databases.main?.delivery ?? {}, { edge: edge.url })
    await start()
    const { status, headers, body } = await deliver('?filename=a.gif&disposition=inline&type=image/gif')
    assert.deepEqual([status, body.length], [302, 0])
    const opened = await get(String(headers.location))
    assert.ok(opened.body.equals(GIF))
    assert.match(String(opened.headers['content-disposition']), /^inline/)
    const given = told(await ask(at(ref, '/url?filename=a.gif&disposition=inline&type=image/gif')))
    assert.deepEqual([given.url, given.disposition], [headers.location, 'inline'])
    assert.equal(told(await ask(at(ref, '/url?disposition=inline&type=text/html'))).disposition, 'attachment')
  })

  it('what only the bucket has through the cache, where there is no edge or no key can be had', async test => {
    for (const delivery of [undefined, { ...EDGE, signingKeys: 'another' }]) {
      const { base, deliver, troubles } = await withBlob(test, 'bucket', delivery ? { delivery } : {})
      const answer = await deliver()
      assert.equal(answer.status, 200)
      assert.ok(readFileSync(fileOf(answer, base)).equals(GIF))
      assert.deepEqual(
        troubles.map(({ code }) => code),
        delivery ? ['SECRET_MISSING'] : [],
      )
    }
  })

  it('the bytes themselves where the cache is none, or nobody can take a path (I7)', async test => {
    for (const where of ['volume', 'bucket'] as const) {
      const { base, deliver, agent, start } = await withBlob(test, where)
      await agent.close()
      rmSync(join(base, 'cache'), { recursive: true, force: true })
      writeFileSync(join(base, 'cache'), 'no directory')
      await start()
      const { status, headers, body } = await deliver('?disposition=inline')
      assert.deepEqual([status, body.equals(GIF)], [200, true])
      assert.equal(headers['x-accel-redirect'], undefined)
      assert.deepEqual([headers['content-type'], headers['content-disposition']], ['image/gif', 'inline'])
    }
    const { base, deliver } = await withBlob(test, 'volume')
    const part = await deliver('?sendfile=off', { headers: { range: 'bytes=0-5' } })
    assert.deepEqual([part.status, part.body.toString()], [206, 'GIF89a'])
    const whole = await deliver('?sendfile=off', { headers: { range: 'bytes=0-5', 'if-range': '"another"' } })
    assert.deepEqual([whole.status, whole.body.length], [200, GIF.length])
    const head = await deliver('?sendfile=off', { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers['content-length']], [200, String(GIF.length)])
    // The file behind a head is closed after its answer; one that stays open lets this never end.
    while (openFilesBelow(join(base, 'blobs')).length > 0) await setImmediate()
  })

  it('nothing to whoever has it already', async test => {
    const { deliver } = await withBlob(test, 'volume')
    const { headers } = await deliver()
    for (const known of [headers.etag, `W/${headers.etag}, "b"`]) {
      const { status, body } = await deliver('', { headers: { 'if-none-match': String(known) } })
      assert.deepEqual([status, body.length], [304, 0])
    }
    assert.equal((await deliver('', { headers: { 'if-none-match': '"b"' } })).status, 200)
  })

  it('no 304 of a blob that nobody has', async test => {
    const { ask } = await withBlob(test, 'volume')
    const { status } = await ask(at(refNumber(9), '/deliver'), { headers: { 'if-none-match': '*' } })
    assert.equal(status, 404)
  })

  it('no more than the code of an error to a browser, and 404 only for what is missing (I11)', async test => {
    const { deliver, ask, closeSandbox } = await withBlob(test, 'bucket')
    const missing = await ask(at(refNumber(9), '/deliver'))
    assert.deepEqual([missing.status, told(missing)], [404, { error: { code: 'BLOB_MISSING' } }])
    assert.equal(missing.headers['cache-control'], 'no-store')
    await closeSandbox()
    const outage = await deliver()
    assert.deepEqual([outage.status, told(outage)], [503, { error: { code: 'SERVER_UNREACHABLE' } }])
  })
})

describe('the agent’s URLs', () => {
  it('are null for what is not archived yet, and without an edge', async test => {
    const young = await withBlob(test, 'volume', { delivery: EDGE })
    assert.deepEqual(told(await young.ask(at(young.ref, '/url'))), { url: null })
    const none = await withBlob(test, 'bucket')
    assert.deepEqual(told(await none.ask(at(none.ref, '/url'))), { url: null })
  })

  it('are refused with the name of the parameter that is wrong, and nothing of what it held', async test => {
    const { ask, ref } = await withBlob(test, 'volume', { delivery: EDGE })
    const wrong = {
      filename: 'x'.repeat(1_025),
      disposition: 'secret',
      type: 'secret',
      database: '../secret',
      volume: 'blobs',
      address: 'secret',
      sendfile: 'secret',
      ['__proto__']: 'secret',
    }
    for (const [name, value] of Object.entries(wrong)) {
      const { status, body } = await ask(at(ref, `/deliver?${name}=${encodeURIComponent(value)}`))
      assert.equal(status, 400, name)
      const refused = await ask(at(ref, `/url?${name}=${encodeURIComponent(value)}`))
      assert.deepEqual([refused.status, told(refused).error.subject], [400, JSON.stringify(name)])
      assert.doesNotMatch(`${body}${refused.body}`, /secret|xxx/)
    }
    assert.equal((await ask(at(ref, '/url?filename=a&filename=b'))).status, 400)
    assert.equal((await ask(at(ref, '/url?filename=what?&disposition=inline'))).status, 200)
    assert.equal((await ask(at(ref, '/url'), { method: 'PUT' })).status, 400)
  })

  it('are measured by their number alone', async test => {
    const { deliver, ask, ref, file } = await withBlob(test, 'bucket', { delivery: EDGE })
    await deliver()
    await ask(at(ref, '/url?filename=a.gif'))
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, GIF)
    await deliver()
    const { body } = await ask('/metrics')
    const lines = body.toString().split('\n')
    for (const line of [
      'nice_blobs_deliveries_total{database="main",from="edge"} 1',
      'nice_blobs_deliveries_total{database="main",from="volume"} 1',
      'nice_blobs_request_seconds_count{kind="deliver",status="302"} 1',
      'nice_blobs_request_seconds_count{kind="url",status="200"} 1',
    ])
      assert.ok(lines.includes(line), line)
    assert.doesNotMatch(body.toString(), /Signature|127\.0\.0\.1|a\.gif/)
  })
})
