import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import { scratch } from '../flows/setting.ts'
import { finish, LAUNCHER } from './command.ts'

const OUTPUTS = JSON.stringify({
  'nice-blobs': {
    ClientConfiguration: JSON.stringify({
      bucket: { name: 'some-bucket', region: 'eu-central-1' },
      index: { table: 'some-table' },
      databases: { main: { generation: '7' } },
    }),
  },
})

function setUp(test: TestContext) {
  const directory = scratch(test)
  const outputs = join(directory, 'outputs.json')
  writeFileSync(outputs, OUTPUTS)
  const file = join(directory, 'host.json')
  const command = [LAUNCHER, 'init', '--outputs', outputs, '--to', file]
  const init = (...words: string[]) =>
    finish(spawn(process.execPath, [...command, ...words], { cwd: directory }))
  return { file, init }
}

describe('init', () => {
  it('writes what the stack tells and this host adds', async test => {
    const { file, init } = setUp(test)
    const { status, out } = await init(
      '--cache',
      '/var/cache/b',
      '--limit',
      '2GB',
      '--volume',
      'main/blobs=/srv/blobs',
    )
    assert.equal(status, 0)
    assert.match(out, /is written; next: nice-blobs doctor/)
    const config = parseConfig(readFileSync(file, 'utf8'), {}, file)
    assert.equal(config.databases.main?.generation, '7')
    assert.deepEqual(config.databases.main?.volumes, { blobs: '/srv/blobs' })
    assert.deepEqual(config.cache, { directory: '/var/cache/b', limit: 2e9 })
  })

  it('leaves a configuration that is there as it is, and says whether it is the same', async test => {
    const { file, init } = setUp(test)
    assert.equal((await init()).status, 0)
    const again = await init()
    assert.deepEqual([again.status, again.out.includes('says so already')], [0, true])
    const before = readFileSync(file)
    const other = await init('--limit', '3GB')
    assert.equal(other.status, EXIT.left)
    assert.match(other.err, /TARGET_UNWRITABLE.*there is another configuration/)
    assert.deepEqual(readFileSync(file), before)
  })

  const wrong: [string, string[], RegExp][] = [
    ['a limit that is none', ['--limit', 'much'], /cache\.limit: expected bytes/],
    ['a volume without its database', ['--volume', '/srv/blobs'], /DATABASE\/NAME=DIRECTORY/],
    ['a database that is not there', ['--database', 'mian'], /no database "mian"/],
    ['outputs that are not there', ['--outputs', '/not/there.json'], /cannot be read/],
  ]
  for (const [what, words, message] of wrong)
    it(`refuses ${what} and writes nothing`, async test => {
      const { file, init } = setUp(test)
      const { status, err } = await init(...words)
      assert.equal(status, EXIT.input)
      assert.match(err, message)
      assert.throws(() => readFileSync(file), { code: 'ENOENT' })
    })
})
