import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { describe, it } from 'node:test'
import { formatRef } from '../../core/model/ref.ts'
import { get } from '../sandbox/edge-setting.ts'
import { stage } from './stage.ts'

const PNG = Buffer.concat([
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
  Buffer.alloc(300_000, 'picture '),
])
const SHOWN = '&disposition=inline&filename=a.png&type=image/png'

describe('through nginx, a browser gets a blob', () => {
  for (const where of ['volume', 'cache'] as const)
    it(`from the ${where}: the file itself, with what the agent says of it`, async () => {
      const { ref, path } = await stage.plant(PNG, where)
      const { status, headers, body } = await stage.get(path + SHOWN)
      assert.equal(status, 200)
      assert.ok(body.equals(PNG))
      assert.match(String(headers['content-type']), /^image\/png/)
      assert.match(String(headers['content-disposition']), /^inline; filename="?a\.png"?$/)
      assert.equal(headers['cache-control'], 'private')
      assert.equal(headers.etag, `"${formatRef(ref).replace('/', '-')}"`)
      assert.equal(headers['content-length'], String(PNG.length))
      assert.equal(headers['last-modified'], undefined)
    })

  it('from the bucket: by a redirect to the edge, which has the same bytes', async () => {
    const { path } = await stage.plant(PNG, 'bucket')
    const { status, headers, body } = await stage.get(path + SHOWN)
    assert.deepEqual([status, body.length], [302, 0])
    const opened = await get(String(headers.location))
    assert.equal(opened.status, 200)
    assert.ok(opened.body.equals(PNG))
    assert.match(String(opened.headers['content-disposition']), /^inline; filename="?a\.png"?$/)
    const altered = await get(String(headers.location).replace('a.png', 'b.png'))
    assert.equal(altered.status, 403)
  })

  it('of a database without an edge: fetched into the cache, and from there', async () => {
    const { path } = await stage.plant(PNG, 'bucket', 'plain')
    for (const _time of [1, 2]) {
      const { status, headers, body } = await stage.get(path)
      assert.deepEqual([status, body.equals(PNG)], [200, true])
      assert.equal(headers['content-disposition'], 'attachment')
    }
  })

  it('in parts, and as a head', async () => {
    const { path } = await stage.plant(PNG)
    const part = await stage.get(path, { range: 'bytes=100-199' })
    assert.deepEqual([part.status, part.body.equals(PNG.subarray(100, 200))], [206, true])
    assert.equal(part.headers['content-range'], `bytes 100-199/${PNG.length}`)
    const end = await stage.get(path, { range: 'bytes=-7', 'if-range': String(part.headers.etag) })
    assert.deepEqual([end.status, end.body.toString()], [206, PNG.subarray(-7).toString()])
    const other = await stage.get(path, { range: 'bytes=-7', 'if-range': '"another"' })
    assert.deepEqual([other.status, other.body.length], [200, PNG.length])
    assert.equal((await stage.get(path, { range: `bytes=${PNG.length}-` })).status, 416)
    const head = await stage.get(path, {}, 'HEAD')
    assert.deepEqual([head.status, head.body.length], [200, 0])
    assert.equal(head.headers['content-length'], String(PNG.length))
  })

  it('once: whoever has it is told so, wherever it has gone since', async () => {
    const { ref, file, path } = await stage.plant(PNG)
    const { headers } = await stage.get(path)
    const known = { 'if-none-match': `"another", W/${headers.etag}` }
    assert.equal((await stage.get(path, known)).status, 304)
    assert.equal((await stage.get(path, { 'if-none-match': '"another"' })).status, 200)
    await stage.ask(`/v1/blobs/${formatRef(ref)}/object?database=main`, 'PUT')
    rmSync(file)
    const again = await stage.get(path, known)
    assert.deepEqual([again.status, again.headers.etag], [304, headers.etag])
  })

  it('that was released after the agent’s answer, by asking it again', async () => {
    for (const database of ['main', 'plain']) {
      const { ref, file, path } = await stage.plant(PNG, 'volume', database)
      const blob = `/v1/blobs/${formatRef(ref)}`
      await stage.ask(`${blob}/object?database=${database}`, 'PUT')
      const { headers } = await stage.ask(`${blob}/deliver?database=${database}${SHOWN}`)
      rmSync(file)
      // What nginx has from the agent, though the file is gone.
      const { 'x-accel-redirect': location, 'cache-control': control, etag } = headers
      const { 'content-disposition': disposition } = headers
      stage.application.says({
        ...{ 'X-Accel-Redirect': location, 'Cache-Control': control, ETag: etag },
        'Content-Disposition': disposition,
      })
      const answer = await stage.get(path, { range: 'bytes=8-15' })
      stage.application.says({})
      if (database === 'main') {
        assert.equal(answer.status, 302)
        assert.ok((await get(String(answer.headers.location))).body.equals(PNG))
      } else {
        assert.deepEqual([answer.status, answer.body.equals(PNG.subarray(8, 16))], [206, true])
        assert.match(String(answer.headers['content-type']), /^image\/png/)
        assert.equal(answer.headers['content-disposition'], headers['content-disposition'])
        assert.equal(answer.headers.etag, headers.etag)
      }
    }
  })

  it('or learns that there is none, and only then (I11)', async () => {
    const missing = await stage.get('/00000000000fffff/03d16b1a8e000000?database=plain')
    assert.equal(missing.status, 404)
    assert.deepEqual(JSON.parse(missing.body.toString()), { error: { code: 'BLOB_MISSING' } })
    const { path } = await stage.plant(PNG)
    await stage.agent.stop()
    const silent = await stage.get(path)
    assert.equal(silent.status, 502)
    await stage.agent.start()
    assert.equal((await stage.get(path)).status, 200)
  })

  it('by a URL that is in no log of nginx or the agent', async () => {
    const { path } = await stage.plant(PNG, 'bucket')
    const { headers } = await stage.get(path)
    assert.match(String(headers.location), /Signature=/)
    const logs = await stage.logs()
    assert.match(logs, /GET .* 302/)
    assert.doesNotMatch(logs, /Signature=|Key-Pair-Id|PRIVATE KEY/)
  })
})
