import assert from 'node:assert/strict'
import { fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { blobKey } from '../../core/model/key.ts'
import { startClock } from '../../sandbox/clock.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { finish, LAUNCHER } from '../cli/command.ts'
import { plantBlob, plantVolume, refNumber, scratch } from '../flows/setting.ts'
import { BUCKET, codeOf, send, standIn, temporaryDirectory } from './stand-in.ts'

const HOUR = 3_600_000
const THEN = Date.UTC(2030, 1, 28, 23)

/** Starting processes may take that long on a machine that is busy, and real time goes on in them. */
const about = (time: number, expected: number) =>
  assert.ok(time >= expected && time < expected + HOUR / 2, `${new Date(time).toISOString()}`)

const startedClock = async (time?: number) => startClock(join(await temporaryDirectory(), 'clock'), time)

test('a simulated clock starts, jumps and is set as it is told, and goes on in between', async () => {
  const clock = await startedClock(THEN)
  about(clock.now(), THEN)
  clock.advance(2 * HOUR)
  about(clock.now(), THEN + 2 * HOUR)
  clock.set(0)
  about(clock.now(), 0)
  const before = clock.now()
  while (clock.now() === before);
  assert.ok(clock.now() > before)
  about((await startedClock()).now(), Date.now() - 1)
})

test('a program and its thread live by the clock without knowing of it', async t => {
  const clock = await startedClock(THEN)
  const teller = fork(join(import.meta.dirname, 'tell-time.ts'), { env: clock.environment, execArgv: [] })
  t.after(() => teller.kill('SIGKILL'))
  for (const time of [THEN, THEN + HOUR, THEN + 24 * HOUR, 0]) {
    clock.set(time)
    teller.send('')
    const [{ inProcess, inThread }] = await once(teller, 'message')
    for (const { now, constructed, called } of [inProcess, inThread]) {
      about(now, time)
      about(Date.parse(constructed), time)
      about(Date.parse(called) + 1000, time)
    }
  }
})

test('a date is as it was but for the time it is', async () => {
  const { environment } = await startedClock(THEN)
  const program = `
    const is = [new Date() instanceof Date, new Date().constructor === Date, Date.name, Date.length, Date.UTC(2000, 0),
      new Date(5).getTime(), new Date(2000, 0).getFullYear(), new Date(NaN).getTime(), typeof Date(),
      structuredClone(new Date(7)) instanceof Date, new (class extends Date {})() > new Date(${THEN - 1})]
    console.log(JSON.stringify(is))`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    env: environment,
    encoding: 'utf8',
  })
  const expected = [true, true, 'Date', 7, Date.UTC(2000, 0), 5, 2000, null, 'string', true, true]
  assert.deepEqual(JSON.parse(stdout || stderr), expected)
})

test('production code knows of no clock but its own', () => {
  const { status } = spawnSync(
    'git',
    ['grep', '-il', 'sandbox_clock', '--', 'core', 'client', 'lib', 'lambdas', 'bin'],
    {
      cwd: join(import.meta.dirname, '../..'),
    },
  )
  assert.equal(status, 1)
  assert.match(
    readFileSync(join(import.meta.dirname, '../../sandbox/clock-preload.ts'), 'utf8'),
    /SANDBOX_CLOCK/,
  )
})

test('the bucket stamps by the clock, tells it, and refuses a caller who lives in another time', async t => {
  const clock = await startedClock(Date.now() + 10 * 60_000)
  const { s3, client } = await standIn(t, { now: clock.now })
  const at = { Bucket: BUCKET, Key: 'a' }
  await client.send(new PutObjectCommand({ ...at, Body: 'hello' }))
  const { LastModified } = await client.send(new HeadObjectCommand(at))
  about(LastModified?.getTime() ?? 0, clock.now() - 60_000)

  clock.advance(24 * HOUR)
  const refused = await send(s3.endpoint, { method: 'GET', path: `/${BUCKET}/a` })
  assert.deepEqual([refused.status, codeOf(refused)], [403, 'RequestTimeTooSkewed'])
  about(Date.parse(String(refused.headers.date)) + 1000, clock.now() - 60_000)
})

test('the commands archive and release by the clock, and the bucket takes their signatures', async t => {
  const base = scratch(t)
  const clock = startClock(join(base, 'clock'))
  const sandbox = await startSandbox({
    directory: join(base, 'sandbox'),
    bucket: 'timely',
    table: 'timely',
    clock,
  })
  t.after(sandbox.close)
  const volume = plantVolume(join(base, 'blobs'))
  const ref = refNumber(1)
  const path = plantBlob(volume, ref, 'a photo')
  const { region, bucketEndpoint, indexEndpoint, credentials } = sandbox
  const policy = { archive: { minSize: 0, quiet: '1h' }, release: { delay: '7d' } }
  const config = {
    bucket: { name: 'timely', region, endpoint: bucketEndpoint, pathStyle: true },
    index: { table: 'timely', endpoint: indexEndpoint },
    databases: { main: { volumes: { blobs: volume.directory }, ...policy } },
  }
  const file = join(base, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  const env = {
    ...clock.environment,
    NICE_BLOBS_CONFIG: file,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const archived = () => sandbox.s3.objectFile('timely', blobKey('main', ref)) !== undefined
  const steps: [wait: number, isArchived: boolean, isHere: boolean][] = [
    [0, false, true],
    [2 * HOUR, true, true],
    [6 * 24 * HOUR, true, true],
    [2 * 24 * HOUR, true, false],
  ]
  for (const [wait, isArchived, isHere] of steps) {
    clock.advance(wait)
    const { status, err } = await finish(
      spawn(process.execPath, [LAUNCHER, 'archive', '-d', volume.directory], { env }),
    )
    assert.equal(status, 0, err)
    assert.deepEqual([archived(), existsSync(path)], [isArchived, isHere])
  }
})
