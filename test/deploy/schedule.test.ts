import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import { createDynamoClient } from '../../core/aws/dynamo-index.ts'
import type { VolumeRows } from '../../core/model/volume-row.ts'
import type { FleetIndex } from '../../core/ports.ts'
import { finish, type Ran } from '../cli/command.ts'
import { copyTree, hashFile, hashTree, trueBlobs, trueTree } from '../flows/setting.ts'
import { type Deployment, environments, openAccount, REGIONS } from './deployment.ts'
import { dropScheduledTime, invoke } from './stand-in.ts'

const COUNT = trueBlobs('bushy').length
const HOUR = 3_600_000
/** For a schedule that fires each minute, and whatever follows from it. */
const PATIENCE = 240_000
const [REGION = ''] = REGIONS
const [ENVIRONMENT = ''] = environments
const NAME = 'nice-blobs-schedule-archive'
const CONFIG = {
  bucket: { name: 'scheduled-blobs', region: REGION },
  index: { table: 'scheduled-index' },
  databases: {
    main: { archive: { minAge: '0s', quiet: '0s' }, release: { delay: '1h' }, schedule: {} },
  },
  stack: { schedule: { every: '1m' } },
}

/** Each test goes on from where the one before it ended. Nobody orders anything but the schedule that was deployed. */
describe('from the deployed schedule to an empty volume', () => {
  let deployment: Deployment
  let fleet: FleetIndex
  let volume: string
  let host: string
  let agent: { tell(signal: 'SIGTERM'): void; ended: Promise<Ran> }
  const account = () => ({ endpoint: deployment.endpoint, region: REGION })
  const run = (...words: string[]) => deployment.niceBlobs(...words, '--config', host)
  const rows = () => fleet.read('main', 'blobs')

  before(async () => {
    deployment = await openAccount(CONFIG)
    host = join(deployment.directory, 'host.json')
    volume = copyTree('bushy', join(deployment.directory, 'blobs'))
    process.env.AWS_ACCESS_KEY_ID = 'test'
    process.env.AWS_SECRET_ACCESS_KEY = 'test'
    const index = { ...CONFIG.index, endpoint: deployment.endpoint }
    fleet = createDynamoFleet(CONFIG.index.table, createDynamoClient(index, CONFIG.bucket))
  })
  after(async () => {
    agent?.tell('SIGTERM')
    await agent?.ended
    await deployment.end()
  })

  async function until(what: string, comes: (rows: VolumeRows) => unknown): Promise<VolumeRows> {
    const deadline = performance.now() + PATIENCE
    for (;;) {
      const found = await rows()
      if (await comes(found)) return found
      assert.ok(performance.now() < deadline, `${what} has not come: ${JSON.stringify(found)}`)
      await delay(200)
    }
  }

  it('is deployed, and a host’s agent tells what waits in its volume', async () => {
    const booted = await deployment.cdk('bootstrap', ENVIRONMENT)
    assert.equal(booted.status, 0, booted.err)
    const words = ['--all', '--require-approval', 'never', '--outputs-file', deployment.outputs]
    const deployed = await deployment.cdk('deploy', ...words)
    assert.equal(deployed.status, 0, deployed.err)
    const place = (name: string) => join(deployment.directory, name)
    const settings = [
      '--volume',
      `main/blobs=${volume}`,
      '--cache',
      place('cache'),
      '--socket',
      place('socket'),
    ]
    const written = await deployment.niceBlobs(
      'init',
      '--outputs',
      deployment.outputs,
      ...settings,
      '--to',
      host,
    )
    assert.equal(written.status, 0, written.err)
    const config = JSON.parse(readFileSync(host, 'utf8'))
    writeFileSync(host, JSON.stringify({ ...config, agent: { ...config.agent, heartbeat: '500ms' } }))

    const child = deployment.start('agent', '--config', host)
    agent = { tell: signal => child.kill(signal), ended: finish(child) }
    const { summary } = await until('a summary', ({ summary }) => summary)
    assert.equal(
      summary?.waiting.cells.reduce((sum, [, , blobs]) => sum + blobs, 0),
      COUNT,
    )
  })

  it('tells what it would order, and orders nothing', async () => {
    const told = (await invoke(account(), NAME, { dryRun: true })) as { dryRun: boolean; volumes: object[] }
    const [only] = told.volumes as { volume: string; reason: string; due: { blobs: number } }[]
    assert.deepEqual([told.dryRun, told.volumes.length], [true, 1])
    assert.deepEqual([only?.volume, only?.reason, only?.due.blobs], ['blobs', 'ordered', COUNT])
    // Nor has the schedule, which here has only a placeholder for its time until the next test.
    assert.equal((await rows()).order, undefined)
  })

  it('fires by itself, and orders once though the run is delivered again (I8)', async () => {
    await dropScheduledTime(account(), NAME)
    const { order } = await until('an order', ({ order }) => order)
    await until('the end of the run', async () => (await fleet.readScheduleLease())?.until === 0)
    const again = await invoke(account(), NAME, { run: new Date(order?.run ?? 0).toISOString() })
    assert.equal((again as { outcome: string }).outcome, 'ended before')
    assert.deepEqual((await rows()).order, order)
  })

  it('lets the agent archive everything, which releases nothing before its delay (I1)', async () => {
    // The agent tells this when it has nothing left to do, and so has looked for what may be released.
    const { summary } = await until('everything archived', ({ summary }) => summary?.archived.blobs === COUNT)
    assert.deepEqual([summary?.waiting.cells, summary?.lately.archived.blobs], [[], COUNT])
    assert.equal(summary?.lately.released.blobs, 0)
    assert.deepEqual(hashTree(volume), trueTree('bushy'))
  })

  it('lets the agent empty the volume when the delay has passed', async () => {
    const { order: before } = await rows()
    deployment.clock.advance(2 * HOUR)
    const { order } = await until('an empty volume', ({ summary }) => summary?.archived.blobs === 0)
    assert.ok(order && before && order.issuedAt - before.issuedAt > HOUR)
    assert.deepEqual(hashTree(volume), {})
    assert.equal((await rows()).summary?.lately.released.blobs, COUNT)
  })

  it('leaves every blob readable, and all of them to be had back', async () => {
    agent.tell('SIGTERM')
    const { status, err } = await agent.ended
    assert.deepEqual([status, err], [0, ''])
    for (const { oid, tid, sha256 } of trueBlobs('bushy').slice(0, 5)) {
      const got = await run('get', `${oid}/${tid}`, '--path')
      assert.equal(hashFile(got.out.trim()), sha256, got.err)
    }
    const checked = await run('check', '--deep')
    assert.equal(checked.status, 0, checked.out + checked.err)
    const recalled = await run('recall', '--all')
    assert.equal(recalled.status, 0, recalled.err)
    assert.deepEqual(hashTree(volume), trueTree('bushy'))
  })
})
