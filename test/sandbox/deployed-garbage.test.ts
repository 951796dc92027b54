import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import { partKey } from '../../core/model/key.ts'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { flipByte } from '../../sandbox/flip-byte.ts'
import type { StackFunctions } from '../../sandbox/functions/stack-functions.ts'
import { type Installation, startInstallation } from '../../sandbox/installation.ts'
import { finish, LAUNCHER } from '../cli/command.ts'
import { copyTree, hashFile, scratch, treeDirectory, trueBlobs } from '../flows/setting.ts'

/** From a pack to a swept blob and back, by what the stack deploys, with messages in any order and some of them twice. */

const HOUR = 3_600_000
const DAY = 24 * HOUR
const TABLE = 'garbage-index'
const BUCKET = 'garbage-blobs'
const GENERATION = 'first'
const BLOBS = trueBlobs('bushy')
/** What a pack removed. */
const DEAD = BLOBS.slice(3, 7)
const [FIRST_DEAD] = DEAD
const ROOT = '0000000000000000'

/** Each test goes on from where the one before it ended. */
describe('the deployed garbage collection', () => {
  const closing: (() => unknown)[] = []
  const base = scratch({ after: (work: () => void) => closing.push(work) })
  let installation: Installation
  let functions: StackFunctions
  let reader: string
  let index: ReturnType<typeof createDynamoIndex>

  before(async () => {
    // Files have the time of the disk, and none is to come back after it was archived.
    const time = Date.now() + HOUR
    installation = await startInstallation({
      directory: join(base, 'here'),
      bucket: BUCKET,
      table: TABLE,
      time,
    })
    closing.unshift(installation.end)
    const database = { generation: GENERATION, archive: { minAge: '0s', quiet: '0s' } }
    const stack = { schedule: { every: '1d' }, garbage: { grace: '14d', largestShare: 0.5 } }
    installation.sandbox.queues.scatter({ seed: 7, twice: 0.3 })
    functions = await installation.deploy({ databases: { main: database }, stack }, { batchesAtOnce: 2 })
    Object.assign(process.env, installation.environment, { NODE_OPTIONS: process.env.NODE_OPTIONS ?? '' })
    const { region, indexEndpoint: endpoint } = installation.sandbox
    const client = createDynamoClient({ table: TABLE, endpoint }, { region })
    closing.unshift(() => client.destroy())
    index = createDynamoIndex(TABLE, client)

    const volume = copyTree('bushy', join(base, 'blobs'))
    const host = (name: string, volumes: object) =>
      installation.configureHost(name, {
        cache: { directory: join(base, name) },
        databases: { main: { ...database, volumes } },
      })
    const archived = await run(host('web', { blobs: volume }), 'archive', volume)
    assert.equal(archived.status, 0, archived.err)
    reader = host('reader', {})
  })
  after(async () => {
    for (const close of closing) await close()
  })

  function run(config: string, ...words: string[]) {
    return runWith(config, '', ...words)
  }

  function runWith(config: string, input: string, ...words: string[]) {
    const env = { ...process.env, ...installation.environment }
    const child = spawn(process.execPath, [LAUNCHER, ...words, '--config', config], { env, cwd: base })
    child.stdin.end(input)
    return finish(child)
  }

  /** As a packed database has it now: all blobs but these, and the root, which was just written. */
  async function report(dead: readonly Ref[] = DEAD): Promise<string> {
    const alive = BLOBS.filter(blob => !dead.includes(blob))
    const lines = [...alive, { oid: ROOT, tid: timeToTid(installation.clock.now()) }].map(
      ({ oid, tid }) => `${oid} ${tid}`,
    )
    const text = [...lines, `end ${lines.length}`, ''].join('\n')
    const sent = await runWith(reader, text, 'live-report', '--json')
    assert.equal(sent.status, 0, sent.err)
    return String(sent.events[0]?.report)
  }

  async function rows(): Promise<BlobRow[]> {
    const found: BlobRow[] = []
    for await (const row of index.list('main')) found.push(row)
    return found
  }

  async function inState(state: BlobRow['state']): Promise<string[]> {
    return (await rows()).filter(row => row.state === state).map(formatRef)
  }

  /** What was invoked went well, and nothing is left behind. */
  function requireGood() {
    const failed = functions.invocations.filter(
      ({ error, result }) =>
        error ?? (result as { batchItemFailures?: unknown[] } | undefined)?.batchItemFailures?.length,
    )
    assert.deepEqual(
      failed.map(({ functionName, lines, error }) => [functionName, lines, error]),
      [],
    )
    assert.deepEqual(functions.deadLetters, [])
  }

  async function told(): Promise<string> {
    const listed = await run(reader, 'gc', 'list')
    return listed.out + listed.err
  }

  const dead = () => DEAD.map(formatRef)

  it('condemns what a report does not name, for which the report has only to land (I4)', async () => {
    const id = await report()
    await functions.advance(0)
    requireGood()
    assert.deepEqual(await inState('condemned'), dead(), await told())
    assert.deepEqual((await inState('archived')).length, BLOBS.length - DEAD.length)
    for (const row of await rows()) assert.equal(row.condemnedBy, row.state === 'condemned' ? id : undefined)
    assert.equal(functions.metric('CondemnedBlobs')?.value, DEAD.length)
    assert.equal(functions.metric('OpenReports')?.value, 0)
  })

  it('sweeps nothing, however long, that one report alone condemned', async () => {
    await functions.advance(15 * DAY)
    requireGood()
    assert.equal(functions.metric('AwaitingSweep')?.value, DEAD.length)
    assert.deepEqual(await inState('condemned'), dead())
    const got = await run(reader, 'get', formatRef(BLOBS[0] ?? { oid: '', tid: '' }), '--path')
    assert.equal(got.status, 0, got.err)
  })

  it('refuses a damaged report, tells a person, and sweeps nothing until it is settled', async () => {
    const id = await report()
    const part = installation.sandbox.s3.objectFile(BUCKET, partKey('main', id, 0))
    assert.ok(part)
    flipByte(part, 3)
    await functions.advance(0)
    requireGood()
    assert.match(await told(), new RegExp(`${id} +refused, open[^]*damaged`))
    assert.equal(functions.metric('OpenReports')?.value, 1)
    await functions.advance(2 * DAY)
    assert.deepEqual(await inState('condemned'), dead())
    assert.equal(functions.metric('SweptBlobs')?.value, 0)
  })

  it('sweeps when a second report agrees and the grace has passed, and reads then say so', async () => {
    await report()
    await functions.advance(2 * DAY)
    requireGood()
    assert.deepEqual(await inState('swept'), dead(), await told())
    assert.equal(functions.metric('OpenReports')?.value, 0)
    const { status, err } = await run(reader, 'get', dead()[0] ?? '', '--path')
    assert.ok(status !== 0 && err.includes('BLOB_MISSING'), err)
    const alive = await run(reader, 'check')
    assert.equal(alive.status, 0, alive.out + alive.err)
  })

  it('brings a swept blob back, byte for byte', async () => {
    assert.ok(FIRST_DEAD)
    const undeleted = await run(reader, 'undelete', formatRef(FIRST_DEAD))
    assert.equal(undeleted.status, 0, undeleted.out + undeleted.err)
    const got = await run(reader, 'get', formatRef(FIRST_DEAD), '--path')
    assert.equal(got.status, 0, got.err)
    assert.equal(hashFile(got.out.trim()), FIRST_DEAD.sha256)
    const original = readFileSync(join(treeDirectory('bushy'), FIRST_DEAD.path))
    assert.deepEqual(readFileSync(got.out.trim()), original)
    assert.deepEqual(await inState('swept'), dead().slice(1))
  })

  it('waits for a person who approves, when a report condemns most of a database', async () => {
    const id = await report(BLOBS.slice(0, 30))
    await functions.advance(0)
    requireGood()
    assert.deepEqual(await inState('condemned'), [], await told())
    assert.equal(functions.metric('OpenReports')?.value, 1)
    const approved = await run(reader, 'gc', 'approve', id)
    assert.equal(approved.status, 0, approved.out + approved.err)
    await functions.advance(0)
    requireGood()
    assert.equal((await inState('condemned')).length, 30 - (DEAD.length - 1), await told())
    assert.equal(functions.metric('OpenReports')?.value, 0)
  })
})
