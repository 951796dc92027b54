import assert from 'node:assert/strict'
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { startClock } from '../../sandbox/clock.ts'
import { type Installation, install } from './command.ts'
import { configure, examined, serve } from './doctor-setting.ts'

/** The sandbox is another server than S3, with neither policies nor an STS. */
const ALL_OK = {
  configuration: 'ok',
  identity: 'skipped',
  bucket: 'ok',
  clock: 'ok',
  versioning: 'ok',
  shield: 'skipped',
  replication: 'skipped',
  'rights main': 'ok skipped',
  index: 'ok',
  cache: 'ok',
  'volume blobs': 'ok',
}
const NO_ANSWER = { versioning: 'skipped', 'rights main': 'skipped' }

describe('doctor', () => {
  it('finds a whole installation well, in a line for each part', async test => {
    const installation = await install(test)
    const { levels, status } = await examined(installation)
    assert.deepEqual([levels, status], [ALL_OK, 0])
    const { out } = await installation.run('doctor')
    const parts = [...out.matchAll(/^(?:ok {6}|skipped )(\w[^:]*): \S.*$/gm)].map(([, part]) => part)
    assert.deepEqual([...new Set(parts)], Object.keys(ALL_OK))
    assert.ok(out.includes(installation.configFile) && out.includes('s3://some-bucket/blobs/main/'))
  })

  const harms: [string, object, number, (installation: Installation) => void][] = [
    [
      'a wrong secret',
      { bucket: 'fail', ...NO_ANSWER },
      EXIT.unavailable,
      ({ environment }) => {
        environment.AWS_SECRET_ACCESS_KEY = 'wrong'
      },
    ],
    [
      'a bucket that is not there',
      { bucket: 'fail', ...NO_ANSWER },
      EXIT.unavailable,
      installation => configure(installation, 'bucket', { name: 'not-there' }),
    ],
    [
      'a table that is not there',
      { index: 'fail' },
      EXIT.unavailable,
      installation => configure(installation, 'index', { table: 'not-there' }),
    ],
    ['no index', { index: 'skipped' }, 0, installation => configure(installation, 'index', undefined)],
    [
      'a cache that cannot be written',
      { cache: 'fail' },
      EXIT.left,
      ({ cache }) => {
        rmSync(cache, { recursive: true })
        writeFileSync(cache, 'a file in its place')
      },
    ],
    [
      'a cache that cannot be made',
      { cache: 'fail' },
      EXIT.left,
      installation => configure(installation, 'cache', { directory: join(installation.configFile, 'cache') }),
    ],
    [
      'a cache of another user',
      { cache: 'fail' },
      EXIT.input,
      installation => {
        const { cache } = installation
        if (process.getuid?.() === 0) chownSync(cache, 12_345, 12_345)
        else configure(installation, 'cache', { directory: '/usr' })
      },
    ],
    [
      'a cache in a volume',
      { cache: 'fail' },
      EXIT.input,
      installation =>
        configure(installation, 'cache', { directory: join(installation.volume, 'cache/of/blobs') }),
    ],
    [
      'a volume that is not there',
      { 'volume blobs': 'fail' },
      EXIT.input,
      ({ volume }) => rmSync(volume, { recursive: true }),
    ],
  ]
  for (const [what, found, expected, harm] of harms) {
    it(`tells ${what}, and everything else as it is`, async test => {
      const installation = await install(test)
      harm(installation)
      const { levels, status, events } = await examined(installation)
      assert.deepEqual([levels, status], [{ ...ALL_OK, ...found }, expected])
      for (const { level, mend } of events)
        assert.equal(typeof mend, level === 'fail' ? 'string' : 'undefined')
    })
  }

  it('tells several failures at once, with the highest status', async test => {
    const installation = await install(test)
    const { environment, cache, run } = installation
    environment.AWS_SECRET_ACCESS_KEY = 'wrong'
    rmSync(cache, { recursive: true })
    writeFileSync(cache, 'a file in its place')
    configure(installation, 'index', { table: 'not-there' })
    const { status, out } = await run('doctor')
    assert.equal(status, EXIT.unavailable)
    const failures = out.match(/^fail {4}(\w+): [A-Z_]+: .+\n {2}mend: .+$/gm)?.map(line => line.slice(8, 13))
    assert.deepEqual(failures, ['bucke', 'index', 'cache'])
    assert.doesNotMatch(out, /sandbox-secret/)
  })

  it('says what is wrong with a configuration, or which database it does not know', async test => {
    const installation = await install(test)
    assert.equal((await examined(installation, '--database', 'other')).status, EXIT.input)
    writeFileSync(installation.configFile, 'bucket: x')
    const { levels, status } = await examined(installation)
    assert.deepEqual([levels, status], [{ configuration: 'fail' }, EXIT.input])
  })

  it('makes no cache directory and writes into none', async test => {
    const installation = await install(test)
    const directory = join(installation.base, 'not/made/yet')
    configure(installation, 'cache', { directory })
    const { levels, events } = await examined(installation)
    assert.equal(levels.cache, 'ok')
    assert.match(String(events.find(({ part }) => part === 'cache')?.told), /to be made/)
    assert.throws(() => readFileSync(directory), { code: 'ENOENT' })
  })

  it('warns of a volume in which nothing is but what a new disk has', async test => {
    const installation = await install(test)
    const lost = join(installation.volume, 'lost+found')
    rmSync(installation.volume, { recursive: true })
    mkdirSync(lost, { recursive: true })
    const { levels, status } = await examined(installation)
    assert.deepEqual([levels, status], [{ ...ALL_OK, 'volume blobs': 'warn' }, 0])
  })

  it('warns of a volume that is another program’s cache', async test => {
    const installation = await install(test, 'zeocache')
    const { levels, status } = await examined(installation)
    assert.deepEqual([levels, status], [{ ...ALL_OK, 'volume blobs': 'warn' }, 0])
  })
})

describe('doctor, on the clock', () => {
  for (const [minutes, level, expected] of [
    [-2, 'warn', 0],
    [3, 'warn', 0],
    [-10, 'fail', EXIT.unavailable],
    [60, 'fail', EXIT.unavailable],
  ] as const) {
    it(`says ${level} of a host ${Math.abs(minutes)} minutes ${minutes < 0 ? 'behind' : 'ahead'}`, async test => {
      const installation = await install(test)
      const clock = startClock(join(installation.base, 'clock'), Date.now() + minutes * 60_000)
      Object.assign(installation.environment, clock.environment)
      const { levels, status, events } = await examined(installation)
      assert.deepEqual([levels, status], [{ ...ALL_OK, clock: level }, expected])
      const told = String(events.find(({ part }) => part === 'clock')?.told)
      assert.match(told, minutes < 0 ? /behind the bucket/ : /ahead of the bucket/)
    })
  }

  it('takes a refusal because of the clock for the clock’s failure', async test => {
    const installation = await install(test)
    const endpoint = await serve(test, (_, response) => {
      response.writeHead(403, { 'content-type': 'application/xml' })
      response.end('<Error><Code>RequestTimeTooSkewed</Code><Message>too far apart</Message></Error>')
    })
    configure(installation, 'bucket', { endpoint })
    const { status, events } = await examined(installation)
    assert.equal(status, EXIT.unavailable)
    const failed = events.filter(({ level }) => level === 'fail')
    assert.deepEqual(
      failed.map(({ part }) => part),
      ['clock'],
    )
    assert.match(String(failed[0]?.told), /^CLOCK_WRONG: /)
  })

  it('says that nobody told the time when the bucket is away', async test => {
    const installation = await install(test)
    await installation.sandbox.s3.close()
    const { levels, status } = await examined(installation)
    assert.deepEqual(
      [levels, status],
      [{ ...ALL_OK, bucket: 'fail', clock: 'skipped', ...NO_ANSWER }, EXIT.unavailable],
    )
  })
})
