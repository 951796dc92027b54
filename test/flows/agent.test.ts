import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { startAgent } from '../../client/agent/agent.ts'
import type { Ref } from '../../core/model/ref.ts'
import { formatRef } from '../../core/model/ref.ts'
import { withAgent } from './agent-setting.ts'
import { openFilesBelow } from './open-files.ts'
import { plantBlob, plantVolume, refNumber } from './setting.ts'

const at = (ref: Ref, what = '') => `/v1/blobs/${formatRef(ref)}${what}`
const put = { method: 'PUT' }

async function withReleased(test: TestContext, content = 'the blob', options = {}) {
  const setting = await withAgent(test, options)
  const ref = refNumber(1)
  const file = plantBlob(setting.volume, ref, content)
  const { status } = await setting.ask(at(ref, '/object'), put)
  assert.equal(status, 200)
  rmSync(file)
  return { ...setting, ref, file }
}

const told = ({ body }: { body: Buffer }) => JSON.parse(body.toString())

describe('the agent', () => {
  it('gives the one path of a blob from whichever tier it is, and its bytes (I12)', async test => {
    const { ask, volume } = await withAgent(test)
    const ref = refNumber(1)
    const file = plantBlob(volume, ref, 'the blob')
    const first = told(await ask(at(ref, '/path')))
    assert.equal(first.tier, 'volume')
    assert.deepEqual(told(await ask(at(ref, '/object'), put)), { outcome: 'archived' })
    assert.deepEqual(told(await ask(at(ref, '/object'), put)), { outcome: 'present' })
    rmSync(file)
    for (const tier of ['bucket', 'cache'])
      assert.deepEqual(told(await ask(at(ref, '/path'))), { ...first, tier })
    assert.equal(readFileSync(first.path, 'utf8'), 'the blob')
    const { status, headers, body } = await ask(at(ref))
    assert.deepEqual([status, headers['content-length'], body.toString()], [200, '8', 'the blob'])
  })

  it('gives any range of the bytes as the slice says', async test => {
    const content = 'abcdefghijklmnopqrstuvwxyz'
    const { ask, ref } = await withReleased(test, content)
    const bound = fc.option(fc.nat(40), { nil: '' as const })
    await fc.assert(
      fc.asyncProperty(bound, bound, async (start, end) => {
        const { status, headers, body } = await ask(at(ref), { headers: { range: `bytes=${start}-${end}` } })
        const from = start === '' ? Math.max(0, content.length - Number(end)) : start
        const to = start === '' || end === '' ? content.length : end + 1
        if ((start === '' && end === '') || (start !== '' && end !== '' && end < start))
          assert.equal(status, 200)
        else if (from >= content.length) assert.equal(status, 416)
        else {
          assert.deepEqual([status, body.toString()], [206, content.slice(from, to)])
          assert.equal(headers['content-range'], `bytes ${from}-${from + body.length - 1}/${content.length}`)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('says "missing" only of what is missing: an outage is a 503 (I11)', async test => {
    const { ask, closeSandbox, troubles } = await withAgent(test)
    const missing = await ask(at(refNumber(9), '/path'))
    assert.deepEqual([missing.status, told(missing).error.code], [404, 'BLOB_MISSING'])
    assert.equal(troubles.length, 0)
    await closeSandbox()
    for (const what of ['/path', '']) {
      const outage = await ask(at(refNumber(9), what))
      assert.deepEqual([outage.status, told(outage).error.code], [503, 'SERVER_UNREACHABLE'])
    }
    // The keeper of its volume may meet the outage too.
    assert.equal(troubles.filter(({ subject }) => subject.startsWith('s3:')).length, 2)
    const unmounted = await ask(at(refNumber(9), '/path'))
    assert.equal(unmounted.status, 503)
  })

  it('brings a blob back into its volume, and leaves one that is there (I3)', async test => {
    const { ask, ref, file } = await withReleased(test)
    assert.deepEqual(told(await ask(at(ref, '/file'), put)), { outcome: 'recalled' })
    assert.equal(readFileSync(file, 'utf8'), 'the blob')
    assert.deepEqual(told(await ask(at(ref, '/file?volume=blobs&database=main'), put)), {
      outcome: 'present',
    })
    const missing = await ask(at(refNumber(2), '/file'), put)
    assert.deepEqual([missing.status, told(missing).error.code], [404, 'BLOB_MISSING'])
  })

  it('archives nothing when it only reads', async test => {
    const { ask, volume } = await withAgent(test, { readOnly: true })
    plantBlob(volume, refNumber(1), 'the blob')
    const reply = await ask(at(refNumber(1), '/object'), put)
    assert.deepEqual([reply.status, told(reply).error.code], [503, 'ACCESS_DENIED'])
    assert.equal((await ask(at(refNumber(1)))).status, 200)
  })

  it('looks at a volume anew that was mounted after its first request', async test => {
    const { ask, volume, ref, file } = await withReleased(test)
    await ask(at(ref, '/path'))
    rmSync(volume.directory, { recursive: true })
    const gone = await ask(at(refNumber(2), '/path'))
    assert.deepEqual([gone.status, told(gone).error.code], [503, 'DISK_UNREADABLE'])
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(join(volume.directory, '.layout'), 'bushy')
    writeFileSync(file, 'the blob')
    assert.equal((await ask(at(refNumber(2), '/path'))).status, 404)
  })

  it('calls nothing missing on a new disk, and writes nothing there, until it is made a volume (I11)', async test => {
    const { base, ask, agent, start, volume } = await withAgent(test, { agent: { heartbeat: '100ms' } })
    await agent.close()
    rmSync(volume.directory, { recursive: true })
    mkdirSync(join(volume.directory, 'lost+found'), { recursive: true })
    await start()
    for (const what of ['/path', '/deliver', '']) {
      const early = await ask(at(refNumber(9), what))
      assert.deepEqual([early.status, told(early).error.code], [503, 'DISK_UNREADABLE'], what)
    }
    const work = async () => told(await ask('/healthz')).volumes[0]
    for (let time = 0; time < 500 && !(await work())?.trouble; time += 1) await delay(20)
    assert.equal((await work())?.trouble, 'DISK_UNREADABLE')
    assert.deepEqual(readdirSync(volume.directory), ['lost+found'])
    plantVolume(join(base, 'blobs'))
    assert.equal((await ask(at(refNumber(9), '/path'))).status, 404)
  })

  it('brings no blob back to a new disk where the volume should be', async test => {
    const { ask, ref, volume } = await withReleased(test)
    rmSync(volume.directory, { recursive: true })
    mkdirSync(join(volume.directory, 'lost+found'), { recursive: true })
    for (let time = 0; time < 2; time += 1) {
      const refused = await ask(at(ref, '/file'), put)
      assert.deepEqual([refused.status, told(refused).error.code], [503, 'DISK_UNREADABLE'])
    }
    assert.deepEqual(readdirSync(volume.directory), ['lost+found'])
  })

  it('measures what it does', async test => {
    const { ask, ref } = await withReleased(test)
    for (let time = 0; time < 3; time += 1) await ask(at(ref, '/path'))
    await ask(at(refNumber(5), '/path'))
    await ask(at(ref))
    const { body, headers } = await ask('/metrics')
    assert.match(String(headers['content-type']), /^text\/plain/)
    for (const line of [
      'nice_blobs_reads_total{database="main",tier="bucket"} 1',
      'nice_blobs_reads_total{database="main",tier="cache"} 2',
      'nice_blobs_failures_total{code="BLOB_MISSING"} 1',
      'nice_blobs_fetched_bytes_total 8',
      'nice_blobs_stored_bytes_total 8',
      'nice_blobs_sent_bytes_total 8',
      'nice_blobs_cache_bytes 8',
      'nice_blobs_cache_limit_bytes 1000000000',
      'nice_blobs_request_seconds_count{kind="path",status="200"} 3',
    ])
      assert.ok(body.toString().split('\n').includes(line), line)
    assert.match(body.toString(), /^process_open_fds \d+$/m)
    assert.equal(told(await ask('/healthz')).status, 'serving')
  })

  it('counts what it evicts', async test => {
    const { ask, volume } = await withAgent(test, { limit: '2KB' })
    for (let number = 1; number <= 4; number += 1) {
      const file = plantBlob(volume, refNumber(number), Buffer.alloc(900, number))
      await ask(at(refNumber(number), '/object'), put)
      rmSync(file)
      const { path } = told(await ask(at(refNumber(number), '/path')))
      utimesSync(path, 0, 0)
    }
    const { body } = await ask('/metrics')
    assert.match(body.toString(), /^nice_blobs_cache_evictions_total 2$/m)
    assert.match(body.toString(), /^nice_blobs_cache_bytes 1800$/m)
  })
})

describe('the socket', () => {
  it('is for this user alone', async test => {
    const { agent } = await withAgent(test)
    assert.equal(statSync(agent.socket).mode & 0o777, 0o600)
    assert.equal(statSync(dirname(agent.socket)).mode & 0o777, 0o700)
  })

  it('belongs to one agent, and after its end to the next', async test => {
    const { agent, start, ask } = await withAgent(test)
    await assert.rejects(start(), { code: 'SOCKET_UNUSABLE' })
    assert.equal((await ask('/healthz')).status, 200)
    await agent.close()
    assert.ok(!existsSync(agent.socket))
    await start()
    assert.equal((await ask('/healthz')).status, 200)
  })

  it('of a dead agent is taken over', async test => {
    const { agent, start, ask } = await withAgent(test)
    await agent.close()
    await leaveDeadSocket(agent.socket)
    assert.ok(statSync(agent.socket).isSocket())
    await start()
    assert.equal((await ask('/healthz')).status, 200)
  })

  it('never replaces what is no socket', async test => {
    const { agent, start } = await withAgent(test)
    await agent.close()
    writeFileSync(agent.socket, 'precious')
    await assert.rejects(start(), { code: 'SOCKET_UNUSABLE', message: /something else/ })
    assert.equal(readFileSync(agent.socket, 'utf8'), 'precious')
  })

  it('is in no directory that others may enter, and no longer than the kernel takes', async test => {
    const { config, base } = await withAgent(test)
    const open = join(base, 'open')
    mkdirSync(open, { mode: 0o755 })
    for (const socket of [join(open, 'agent.sock'), join(base, 'x'.repeat(100), 'agent.sock')]) {
      const agent = { ...config.agent, socket }
      await assert.rejects(startAgent({ ...config, agent }, { readOnly: true, tell: () => {} }), {
        code: 'SOCKET_UNUSABLE',
      })
    }
  })
})

/** As a killed process leaves it. */
async function leaveDeadSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}.old`)
  await once(server, 'listening')
  renameSync(`${path}.old`, path)
  server.close()
}

describe('a hostile client', () => {
  it('gets an answer or is cut off, whatever it sends, and touches nothing', async test => {
    const { agent, ask, base, ref } = await withReleased(test)
    const lines = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.constantFrom('GET', 'PUT', 'DELETE', 'HEAD', 'POST'), fc.webPath())
        .map(([m, p]) => `${m} ${p} HTTP/1.1`),
      fc
        .tuple(fc.constantFrom('..', '%2e%2e', '/etc/passwd', formatRef(ref), ref.oid, ''), fc.string())
        .map(([a, b]) => `GET /v1/blobs/${a}/${b}/path HTTP/1.1`),
    )
    await fc.assert(
      fc.asyncProperty(lines, async line => {
        const reply = await sendRaw(agent.socket, `${line}\r\nHost: x\r\nConnection: close\r\n\r\n`)
        assert.match(reply, /^(HTTP\/1\.1 (200|400|404|417|431|505) |$)/)
        assert.ok(!reply.includes('root:'))
      }),
      { numRuns: 300 },
    )
    assert.equal((await ask('/healthz')).status, 200)
    assert.deepEqual(openFilesBelow(join(base, 'cache/v1/.incoming')), [])
  })

  it('that takes nothing of its answer is cut off, and leaves no file open', async test => {
    const { agent, base, ref, ask } = await withReleased(test, 'x'.repeat(20_000_000), { stalled: 200 })
    await ask(at(ref, '/path'))
    const socket = connect(agent.socket)
    socket.write(`GET ${at(ref)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'readable')
    for (let wait = 0; wait < 200 && openBlobs(base).length > 0; wait += 1) await delay(20)
    assert.deepEqual(openBlobs(base), [])
    socket.destroy()
  })

  it('that says nothing is cut off', async test => {
    const { agent } = await withAgent(test)
    const socket = connect(agent.socket)
    socket.on('error', () => {})
    socket.resume()
    await once(socket, 'close')
  })

  it('that goes away in the middle of a body leaves no file open', async test => {
    const { agent, base, ref, ask } = await withReleased(test, 'x'.repeat(5_000_000))
    await ask(at(ref, '/path'))
    for (let time = 0; time < 5; time += 1) {
      const socket = connect(agent.socket)
      socket.write(`GET ${at(ref)} HTTP/1.1\r\nHost: x\r\n\r\n`)
      await once(socket, 'readable')
      socket.destroy()
    }
    for (let wait = 0; wait < 100 && openBlobs(base).length > 0; wait += 1) await delay(20)
    assert.deepEqual(openBlobs(base), [])
  })
})

const openBlobs = (base: string) => openFilesBelow(base).filter(path => path.endsWith('.blob'))

async function sendRaw(path: string, text: string): Promise<string> {
  const socket = connect(path)
  socket.end(text)
  let reply = ''
  socket.on('data', chunk => {
    reply += chunk
  })
  socket.on('error', () => {})
  await once(socket, 'close')
  return reply
}
