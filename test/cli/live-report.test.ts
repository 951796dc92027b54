import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { EXIT } from '../../core/model/errors.ts'
import { PARTS } from '../../core/model/live-report.ts'
import { readManifest, withPart } from '../../core/read-report.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { reportText } from '../memory/plant-report.ts'
import { finish, type Installation, install, type Ran } from './command.ts'

const REFS = [refNumber(1), refNumber(65), refNumber(2)]
const SHARD = 1

function send({ spawn }: Installation, text: string, ...words: string[]): Promise<Ran> {
  const child = spawn('live-report', ...words)
  child.stdin?.on('error', () => {})
  child.stdin?.end(text)
  return finish(child)
}

function bucketOf({ sandbox, environment }: Installation) {
  Object.assign(process.env, environment, { PATH: process.env.PATH })
  const { region, bucketEndpoint: endpoint } = sandbox
  return createS3Bucket({ name: 'some-bucket', region, endpoint, pathStyle: true, checksums: 'server' })
}

async function keys(installation: Installation): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of bucketOf(installation).list('packs/')) found.push(key)
  return found
}

describe('nice-blobs live-report', () => {
  it('sends what it reads, and tells under which name', async test => {
    const installation = await install(test)
    const { status, events, err } = await send(installation, reportText([...REFS, ...REFS]), '--json')
    assert.deepEqual([status, err], [0, ''])
    const [sent] = events
    const { report = '', ...rest } = sent as { report?: string }
    const horizon = REFS[0]?.tid
    assert.deepEqual(rest, { event: 'sent', database: 'main', generation: '1', horizon, revisions: 3 })
    const bucket = bucketOf(installation)
    const { manifest } = (await readManifest(bucket, 'main', report)) ?? assert.fail('no manifest')
    const named = await withPart(bucket, manifest, SHARD, scratch(test), async part =>
      [refNumber(1), refNumber(64 + 1), refNumber(128 + 1)].map(ref => part.has(ref)),
    )
    assert.deepEqual(named, [true, true, false])
    assert.equal((await keys(installation)).length, PARTS + 1)
    const told = await send(installation, reportText(REFS), '--database', 'main')
    assert.match(
      told.out,
      /^live report [0-9a-f]{16}-[0-9a-f]{16} of main: 3 revisions\ngeneration 1, horizon/,
    )
  })

  it('sends nothing of a list that is no whole one, and leaves no scratch file', async test => {
    const installation = await install(test)
    const scratchDirectory = scratch(test)
    const send1 = (text: string) => send(installation, text, '--json', '--scratch', scratchDirectory)
    for (const [text, code] of [
      ['', 'REPORT_CUT_OFF'],
      [reportText(REFS).slice(0, -3), 'REPORT_CUT_OFF'],
      [reportText(REFS).replace('end 3', 'end 4'), 'REPORT_CUT_OFF'],
      [`\n${reportText(REFS)}`, 'REF_INVALID'],
    ] as const) {
      const { status, err } = await send1(text)
      assert.deepEqual([status, JSON.parse(err).error.code], [EXIT.input, code])
    }
    assert.deepEqual(await keys(installation), [])
    assert.deepEqual(readdirSync(scratchDirectory), [])
  })

  it('says where there is no room for it, and that the bucket cannot be reached', async test => {
    const installation = await install(test)
    const nowhere = join(installation.base, 'nowhere')
    const refused = await send(installation, reportText(REFS), '--json', '--scratch', nowhere)
    assert.deepEqual([refused.status, JSON.parse(refused.err).error.code], [EXIT.left, 'DISK_REFUSED'])
    const config = JSON.parse(readFileSync(installation.configFile, 'utf8'))
    config.bucket.endpoint = 'http://127.0.0.1:9'
    writeFileSync(installation.configFile, JSON.stringify(config))
    const outage = await send(installation, reportText(REFS), '--json')
    assert.deepEqual(
      [outage.status, JSON.parse(outage.err).error.code],
      [EXIT.unavailable, 'SERVER_UNREACHABLE'],
    )
  })

  it('that is interrupted while it waits for more lines sends nothing', async test => {
    const installation = await install(test)
    const child = installation.spawn('live-report')
    const ended = finish(child)
    child.stdin?.write(reportText(REFS).replace(/end.*\n/, ''))
    // It has something to lose as soon as it has its scratch file.
    await until(() => openFiles(child.pid).some(path => /nice-blobs-[-0-9a-f]{36}\.tmp/.test(path)))
    child.kill('SIGTERM')
    const { status, err } = await ended
    assert.deepEqual([status, err], [EXIT.interrupted, 'interrupted; no report was sent\n'])
    assert.deepEqual(await keys(installation), [])
  })
})

function openFiles(pid: number | undefined): string[] {
  const directory = `/proc/${pid}/fd`
  return readdirSync(directory).flatMap(fd => {
    try {
      return readlinkSync(join(directory, fd))
    } catch {
      return []
    }
  })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}
