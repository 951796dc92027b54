import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { flipByte } from '../../sandbox/flip-byte.ts'
import { hashTree, trueBlobs, trueTree } from '../flows/setting.ts'
import { finish, type Installation, install } from './command.ts'

/** Changes one setting of the installed configuration. */
function configure(
  { configFile }: Installation,
  change: (config: Record<string, Record<string, unknown>>) => void,
): void {
  const config = JSON.parse(readFileSync(configFile, 'utf8'))
  change(config)
  writeFileSync(configFile, JSON.stringify(config))
}

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

describe('bad input gets one clear error and loses nothing', () => {
  const cases: [string, string, number, (installation: Installation) => Promise<void> | void][] = [
    [
      'a wrong access key',
      'CREDENTIALS_WRONG',
      EXIT.unavailable,
      ({ environment }) => {
        environment.AWS_ACCESS_KEY_ID = 'nobody'
      },
    ],
    [
      'a wrong secret',
      'CREDENTIALS_WRONG',
      EXIT.unavailable,
      ({ environment }) => {
        environment.AWS_SECRET_ACCESS_KEY = 'wrong'
      },
    ],
    [
      'no credentials at all',
      'CREDENTIALS_WRONG',
      EXIT.unavailable,
      ({ environment }) => {
        delete environment.AWS_ACCESS_KEY_ID
        environment.AWS_EC2_METADATA_DISABLED = 'true'
      },
    ],
    [
      'a bucket that is not there',
      'BUCKET_MISSING',
      EXIT.unavailable,
      installation =>
        configure(installation, ({ bucket }) => Object.assign(bucket ?? {}, { name: 'no-such-bucket' })),
    ],
    [
      'a table that is not there',
      'INDEX_MISSING',
      EXIT.unavailable,
      installation =>
        configure(installation, ({ index }) => Object.assign(index ?? {}, { table: 'no-such-table' })),
    ],
    [
      'a wrong region',
      'REGION_WRONG',
      EXIT.unavailable,
      installation =>
        configure(installation, ({ bucket, index }) => {
          Object.assign(index ?? {}, { region: bucket?.region })
          Object.assign(bucket ?? {}, { region: 'eu-west-3' })
        }),
    ],
    [
      'a server that is not there',
      'SERVER_UNREACHABLE',
      EXIT.unavailable,
      async installation => {
        const port = await unusedPort()
        configure(installation, ({ bucket }) =>
          Object.assign(bucket ?? {}, { endpoint: `http://127.0.0.1:${port}` }),
        )
      },
    ],
    [
      'a configuration that is none',
      'CONFIG_INVALID',
      EXIT.input,
      ({ configFile }) => writeFileSync(configFile, 'bucket: x'),
    ],
    [
      'an unknown layout',
      'LAYOUT_UNKNOWN',
      EXIT.input,
      ({ volume }) => writeFileSync(join(volume, '.layout'), 'hedge'),
    ],
    [
      'a mixed layout',
      'LAYOUT_MIXED',
      EXIT.input,
      ({ volume }) => {
        mkdirSync(join(volume, '0x04d2'))
      },
    ],
    [
      'an unmarked bushy tree',
      'LAYOUT_MIXED',
      EXIT.input,
      ({ volume }) => writeFileSync(join(volume, '.layout'), 'lawn'),
    ],
  ]
  for (const [what, code, status, spoil] of cases) {
    it(`${what}: ${code}, exit status ${status}`, async test => {
      const installation = await install(test)
      await spoil(installation)
      const ran = await installation.run('archive', installation.volume, '-d', '--delay', '0s')
      assert.match(ran.err, new RegExp(`^error ${code}: .+\\n {2}hint: .+`, 'm'))
      assert.equal(ran.status, status)
      assert.doesNotMatch(ran.err, /sandbox-secret|at .+\.ts:\d+/)
      assert.deepEqual(hashTree(installation.volume), trueTree('bushy'))
    })
  }

  it('tells errors as JSON when asked to', async test => {
    const { run } = await install(test)
    const { err, status } = await run('archive', '/no/such/directory', '--json')
    const { error } = JSON.parse(err)
    assert.deepEqual(
      [error.code, error.subject, status],
      ['DIRECTORY_UNREADABLE', '/no/such/directory', EXIT.input],
    )
  })

  it('refuses words it does not know, and quantities that are none', async test => {
    const { run, volume } = await install(test)
    const wrong = [
      ['archve', volume],
      ['archive'],
      ['archive', volume, '-a', 'soon'],
      ['archive', volume, '--jobs', '0'],
    ]
    for (const words of [
      ...wrong,
      ['get', 'no-ref'],
      ['recall'],
      ['recall', '--all', '--database', 'other'],
      ['plan', '--x'],
    ]) {
      const { status, err } = await run(...words)
      assert.equal(status, EXIT.input, `${words}: ${err}`)
      assert.match(err, /error/)
    }
  })

  it('a foreign directory is no blob directory, and another database’s is not touched', async test => {
    const { run, base } = await install(test)
    const { status, err } = await run('archive', base)
    assert.equal(status, EXIT.input)
    assert.match(err, /NOT_A_BLOB_DIRECTORY/)
  })

  it('a key that holds other bytes is a conflict: both are kept, the rest goes on, exit status 4 (I3)', async test => {
    const { run, volume } = await install(test)
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    await run('archive', volume)
    const path = join(volume, blob.path)
    writeFileSync(`${path}.new`, Buffer.alloc(blob.size, 'other'))
    renameSync(`${path}.new`, path)
    const { status, err } = await run('archive', volume, '-d', '--delay', '0s')
    assert.equal(status, EXIT.integrity)
    assert.match(err, /BLOB_CONFLICT/)
    assert.deepEqual(Object.keys(hashTree(volume)), [blob.path])
  })

  it('a damaged object is never handed out, and a missing blob is said to be missing', async test => {
    const { run, volume, sandbox } = await install(test)
    await run('archive', volume, '-d', '--delay', '0s')
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    const object = sandbox.s3.objectFile('some-bucket', blobKey('main', blob))
    assert.ok(object)
    flipByte(object, 10)
    const { status, err, out } = await run('get', `${blob.oid}/${blob.tid}`)
    assert.equal(status, EXIT.integrity)
    assert.equal(out, '')
    assert.match(err, /BLOB_DAMAGED/)
    const missing = await run('get', `${blob.oid}/03d167f919308700`)
    assert.equal(missing.status, EXIT.left)
    assert.match(missing.err, /BLOB_MISSING/)
  })
})

describe('what the file system refuses', () => {
  it('is one clear error, not a trace', async test => {
    const { run, volume, base } = await install(test, 'lawn')
    await run('archive', volume)
    const [blob] = trueBlobs('lawn')
    const cases = [
      ['get', `${blob?.oid}/${blob?.tid}`, '-o', base],
      ['plan', volume, '--html', join(base, 'no/such/directory.html')],
      ['recall', '--all', '--to', join(volume, '.layout')],
    ]
    for (const words of cases) {
      const { status, err } = await run(...words)
      assert.equal(status, EXIT.left, err)
      assert.match(err, /^error DISK_REFUSED: .+\n {2}hint: .+\n$/)
    }
  })

  it('of a pipe whose reader has gone, is the end and no trace', async test => {
    const { spawn, volume } = await install(test, 'lawn')
    const child = spawn('plan', volume, '--json')
    child.stdout?.destroy()
    const { status, err } = await finish(child)
    assert.equal(err, '')
    assert.equal(status, EXIT.interrupted)
  })

  it('tells what was done before an outage ended the run', async test => {
    const { spawn, volume, sandbox } = await install(test)
    const child = spawn('archive', volume, '--jobs', '1', '--json')
    let told = 0
    child.stdout?.on('data', chunk => {
      told += String(chunk).split('"archived"').length - 1
      if (told >= 3) sandbox.s3.close()
    })
    const { status, events, err } = await finish(child)
    assert.equal(status, EXIT.unavailable)
    assert.match(err, /SERVER_UNREACHABLE|SERVER_FAILED/)
    const done = events.at(-1) as { event: string; outcomes: { archived: { blobs: number } } }
    assert.equal(done.event, 'done')
    assert.ok(done.outcomes.archived.blobs >= 3)
    assert.deepEqual(hashTree(volume), trueTree('bushy'))
  })
})
