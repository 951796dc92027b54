import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, it, type TestContext } from 'node:test'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { PARTS } from '../../core/model/live-report.ts'
import { readManifest } from '../../core/read-report.ts'
import { reportText } from '../memory/plant-report.ts'
import { withAgent } from './agent-setting.ts'
import { openFilesBelow } from './open-files.ts'
import { refNumber } from './setting.ts'

const REFS = [refNumber(1), refNumber(65), refNumber(2), refNumber(1)]

async function withReports(test: TestContext, options = {}) {
  const setting = await withAgent(test, options)
  const bucket = createS3Bucket(setting.config.bucket)
  const keys = async () => {
    const found: string[] = []
    for await (const { key } of bucket.list('packs/')) found.push(key)
    return found
  }
  const send = (pieces: Iterable<string>, query = '') =>
    sendPieces(setting.config.agent.socket, `/v1/reports${query}`, pieces)
  return { ...setting, bucket, keys, send }
}

/** Chunked, as of a length that nobody knows before its end. */
async function sendPieces(socketPath: string, path: string, pieces: Iterable<string>) {
  const asked = request({ socketPath, path, method: 'PUT', agent: false })
  const answered = once(asked, 'response')
  await pipeline(Readable.from(pieces), asked)
  const [response] = await answered
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, told: JSON.parse(text) }
}

describe('a live report through the agent', () => {
  it('is sent as it comes, and told of by its name', async test => {
    const { send, bucket, keys } = await withReports(test)
    const { status, told } = await send(reportText(REFS).match(/.{1,7}\n?/gs) ?? [], '?database=main')
    const { report, ...rest } = told
    const horizon = REFS[0]?.tid
    assert.equal(status, 200)
    assert.deepEqual(rest, { database: 'main', generation: '1', horizon, revisions: 3 })
    assert.equal((await readManifest(bucket, 'main', report))?.manifest.revisions, 3)
    assert.equal((await keys()).length, PARTS + 1)
  })

  it('may be larger than any buffer on the way', async test => {
    const { send } = await withReports(test)
    const count = 200_000
    function* lines() {
      for (let i = 0; i < count; i += 100) {
        const some = Array.from({ length: 100 }, (_, j) => refNumber(i + j))
        yield some.map(({ oid, tid }) => `${oid} ${tid}\n`).join('')
      }
      yield `end ${count}\n`
    }
    assert.equal((await send(lines())).told.revisions, count)
  })

  it('that is wrong is refused with what is wrong, while more of it is still coming', async test => {
    const { send, keys, troubles } = await withReports(test)
    const more = Array.from({ length: 1_000 }, () => `${'x'.repeat(10_000)}\n`)
    for (const [pieces, code] of [
      [['nonsense\n', ...more], 'REF_INVALID'],
      [[reportText(REFS), ...more], 'REPORT_CUT_OFF'],
      [[reportText(REFS).replace(/end.*\n/, '')], 'REPORT_CUT_OFF'],
      [[''], 'REPORT_CUT_OFF'],
    ] as const) {
      const { status, told } = await send(pieces)
      assert.deepEqual([status, told.error.code], [400, code])
    }
    assert.deepEqual([await keys(), troubles], [[], []])
  })

  it('that breaks off midway, even after its closing line, is not sent, and leaves no file open', async test => {
    const { config, keys, ask } = await withReports(test)
    const text = reportText(REFS)
    for (const part of [text.slice(0, 50), text]) {
      const socket = connect(config.agent.socket)
      socket.write('PUT /v1/reports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
      socket.write(`${part.length.toString(16)}\r\n${part}\r\n`)
      await until(() => scratchFiles().length > 0)
      socket.destroy()
      await until(() => scratchFiles().length === 0)
    }
    assert.deepEqual(await keys(), [])
    const { body } = await ask('/metrics')
    assert.match(body.toString(), /^nice_blobs_failures_total\{code="REPORT_CUT_OFF"\} 2$/m)
  })

  it('is not sent by an agent that only reads, of a database it does not know, or with a parameter too many', async test => {
    const { send, keys } = await withReports(test, { readOnly: true })
    const readOnly = await send([reportText(REFS)])
    assert.deepEqual([readOnly.status, readOnly.told.error.code], [503, 'ACCESS_DENIED'])
    const unknown = await send([reportText(REFS)], '?database=other')
    assert.deepEqual([unknown.status, unknown.told.error.code], [503, 'CONFIG_INVALID'])
    const parameter = await send([reportText(REFS)], '?volume=blobs')
    assert.deepEqual([parameter.status, parameter.told.error.code], [400, 'REQUEST_INVALID'])
    assert.deepEqual(await keys(), [])
  })

  it('that the bucket does not take now is a 503 (I11)', async test => {
    const { send, closeSandbox } = await withReports(test)
    await closeSandbox()
    const { status, told } = await send([reportText(REFS)])
    assert.deepEqual([status, told.error.code], [503, 'SERVER_UNREACHABLE'])
  })
})

describe('a body that nobody asked for', () => {
  it('and that does not end is cut off', async test => {
    const { config } = await withAgent(test, { stalled: 200 })
    const socket = connect(config.agent.socket)
    socket.on('error', () => {})
    socket.resume()
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    await once(socket, 'close')
  })
})

const scratchFiles = () => openFilesBelow(tmpdir()).filter(path => /nice-blobs-[-0-9a-f]{36}\.tmp/.test(path))

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}
