import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createDynamoReports } from '../../core/aws/dynamo-reports.ts'
import type { BlobState } from '../../core/model/blob-row.ts'
import { formatRef } from '../../core/model/ref.ts'
import type { ReportState } from '../../core/model/report-row.ts'
import { timeToTid } from '../../core/model/tid.ts'
import type { BlobIndex, ReportIndex } from '../../core/ports.ts'
import { finish, type Ran } from '../cli/command.ts'
import { copyTree, hashFile, trueBlobs } from '../flows/setting.ts'
import { type Deployment, environments, openAccount, REGIONS } from './deployment.ts'
import { invoke } from './stand-in.ts'

const BLOBS = trueBlobs('bushy')
/** What a pack removed. */
const DEAD = BLOBS.slice(3, 6)
const ROOT = '0000000000000000'
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** For a hundred and more messages, each of them an invocation. */
const PATIENCE = 300_000
const [REGION = ''] = REGIONS
const [ENVIRONMENT = ''] = environments
const CONFIG = {
  bucket: { name: 'packed-blobs', region: REGION },
  index: { table: 'packed-index' },
  databases: { main: { archive: { minAge: '0s', quiet: '0s' } } },
  stack: { garbage: { grace: '1d', largestShare: 0.5 } },
}

/**
 * Each test goes on from where the one before it ended. Nobody tells the condemner of a report but the bucket, over the rule and the
 * queue that were deployed. Grace passes on the clock of the functions and the host.
 */
describe('from a live report to a swept blob and back', () => {
  let deployment: Deployment
  let index: BlobIndex
  let reports: ReportIndex
  let host: string
  const place = (name: string) => join(deployment.directory, name)
  const run = (...words: string[]) => deployment.niceBlobs(...words, '--config', host)
  const sweep = (event: object) =>
    invoke({ endpoint: deployment.endpoint, region: REGION }, 'nice-blobs-sweep', event) as Promise<{
      databases: { ended: string; swept: { blobs: number } }[]
    }>

  before(async () => {
    deployment = await openAccount(CONFIG)
    host = place('host.json')
    process.env.AWS_ACCESS_KEY_ID = 'test'
    process.env.AWS_SECRET_ACCESS_KEY = 'test'
    const { table } = CONFIG.index
    const client = createDynamoClient({ table, endpoint: deployment.endpoint }, CONFIG.bucket)
    index = createDynamoIndex(table, client)
    reports = createDynamoReports(table, client)
  })
  after(() => deployment.end())

  async function inState(state: BlobState): Promise<string[]> {
    const found: string[] = []
    for await (const row of index.list('main')) if (row.state === state) found.push(formatRef(row))
    return found
  }

  /** As a packed database has it now, by the bucket's clock, which nobody moves. */
  async function report(): Promise<Ran> {
    const root = { oid: ROOT, tid: timeToTid(Date.now()) }
    const named = [...BLOBS.filter(blob => !DEAD.includes(blob)), root]
    const lines = named.map(({ oid, tid }) => `${oid} ${tid}`)
    const child = deployment.start('live-report', '--config', host)
    child.stdin?.end([...lines, `end ${lines.length}`, ''].join('\n'))
    return finish(child)
  }

  async function untilReports(states: readonly ReportState[]): Promise<void> {
    const deadline = performance.now() + PATIENCE
    for (;;) {
      const found = (await reports.list('main')).map(({ state }) => state)
      if (found.join() === states.join()) return
      assert.ok(performance.now() < deadline, `the reports are ${found}`)
      await delay(500)
    }
  }

  it('is deployed, and a host archives', async () => {
    const booted = await deployment.cdk('bootstrap', ENVIRONMENT)
    assert.equal(booted.status, 0, booted.err)
    const words = ['--all', '--require-approval', 'never', '--outputs-file', deployment.outputs]
    const deployed = await deployment.cdk('deploy', ...words)
    assert.equal(deployed.status, 0, deployed.err)
    const settings = ['--cache', place('cache'), '--socket', place('socket'), '--to', host]
    const written = await deployment.niceBlobs('init', '--outputs', deployment.outputs, ...settings)
    assert.equal(written.status, 0, written.err)
    const volume = copyTree('bushy', place('blobs'))
    const archived = await run('archive', volume)
    assert.equal(archived.status, 0, archived.err)
    assert.equal((await inState('archived')).length, BLOBS.length)
  })

  it('condemns what a report does not name, for which the report has only to land (I4)', async () => {
    const sent = await report()
    assert.equal(sent.status, 0, sent.err)
    await untilReports(['done'])
    assert.deepEqual(await inState('condemned'), DEAD.map(formatRef))
    const { databases } = await sweep({})
    assert.deepEqual(
      databases.map(({ ended, swept }) => [ended, swept.blobs]),
      [['worked off', 0]],
    )
  })

  it('sweeps when the grace has passed and a second report agrees', async () => {
    deployment.clock.advance(2 * DAY)
    const sent = await report()
    assert.equal(sent.status, 0, sent.err)
    await untilReports(['done', 'done'])
    const { databases } = await sweep({})
    assert.deepEqual(
      databases.map(({ ended, swept }) => [ended, swept.blobs]),
      [['worked off', DEAD.length]],
    )
    assert.deepEqual(await inState('swept'), DEAD.map(formatRef))
    for (const blob of DEAD) {
      const { status, err } = await run('get', formatRef(blob), '--path')
      assert.ok(status !== 0 && err.includes('BLOB_MISSING'), err)
    }
  })

  it('brings swept blobs back, each with its bytes', async () => {
    deployment.clock.advance(HOUR)
    const undeleted = await run('undelete', ...DEAD.map(formatRef))
    assert.equal(undeleted.status, 0, undeleted.out + undeleted.err)
    for (const blob of DEAD) {
      const got = await run('get', formatRef(blob), '--path')
      assert.equal(hashFile(got.out.trim()), blob.sha256, got.err)
    }
    const checked = await run('check', '--deep')
    assert.equal(checked.status, 0, checked.out + checked.err)
  })
})
