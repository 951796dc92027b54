import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import { createDynamoClient } from '../../core/aws/dynamo-index.ts'
import type { FleetIndex } from '../../core/ports.ts'
import { type SimulatedClock, startClock } from '../../sandbox/clock.ts'
import {
  type Firing,
  type StackFunctions,
  startStackFunctions,
} from '../../sandbox/functions/stack-functions.ts'
import { synthesize } from '../../sandbox/functions/synthesize.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { leaseOf, summaryOf } from '../contract/fleet-rows.ts'
import { scratch } from '../flows/setting.ts'

/** What the stack deploys, as it was synthesized: its bundle, environment and schedule, before the sandbox’s index. */

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const HOUR = 3_600_000
const VOLUME = { database: 'main', volume: 'blobs' }
const CONFIG = {
  bucket: { name: 'deployed-blobs', region: 'us-east-1' },
  index: { table: 'deployed-index' },
  databases: { main: { archive: { minAge: '30d' }, schedule: { blobsPerRun: 5 } } },
  stack: { name: 'deployed', schedule: { every: '1h' } },
}

describe('the deployed schedule', () => {
  const closing: (() => unknown)[] = []
  const base = scratch({ after: (work: () => void) => closing.push(work) })
  const clock: SimulatedClock = startClock(join(base, 'clock'), Date.UTC(2030, 1, 28, 22))
  const name = 'deployed-schedule-archive'
  const assembly = join(base, 'cdk.out')
  let sandbox: Sandbox
  let fleet: FleetIndex

  before(async () => {
    const config = join(base, 'config.json')
    writeFileSync(config, JSON.stringify(CONFIG))
    await synthesize(PROJECT, assembly, { config })
    sandbox = await startSandbox({
      ...{ directory: join(base, 'sandbox'), bucket: 'deployed-blobs', table: 'deployed-index', clock },
    })
    process.env.AWS_ACCESS_KEY_ID = sandbox.credentials.accessKeyId
    process.env.AWS_SECRET_ACCESS_KEY = sandbox.credentials.secretAccessKey
    const index = { table: 'deployed-index', endpoint: sandbox.indexEndpoint, region: sandbox.region }
    const client = createDynamoClient(index, { region: sandbox.region })
    closing.unshift(() => client.destroy(), sandbox.close)
    fleet = createDynamoFleet('deployed-index', client)
    await beat()
    await fleet.writeSummary(summaryOf(VOLUME, { madeAt: clock.now() }))
  })
  after(async () => {
    for (const close of closing) await close()
  })

  /** As the agent of the volume would, if it ran. */
  async function beat() {
    const { lease } = await fleet.read('main', 'blobs')
    const revision = (lease?.revision ?? 0) + 1
    assert.ok(await fleet.writeLease(lease, leaseOf(VOLUME, { revision, heartbeatAt: clock.now() })))
  }

  const start = (deliver?: (number: number) => Firing): StackFunctions =>
    startStackFunctions({ ...sandbox, assembly, clock, ...(deliver && { deliver }) })

  it('tells what it would order, and orders nothing', async () => {
    const { invoke, functions } = start()
    assert.ok(functions.some(each => each.name === name))
    const { result, error } = await invoke(name, { dryRun: true })
    assert.equal(error, undefined)
    assert.equal((result as { outcome: string }).outcome, 'planned')
    assert.equal((await fleet.read('main', 'blobs')).order, undefined)
  })

  it('gives a volume its order for the time of the run, and measures', async () => {
    const begun = clock.now()
    const { advance, invocations, metric } = start()
    await advance(0)
    const { order } = await fleet.read('main', 'blobs')
    assert.equal(invocations[0]?.error, undefined)
    assert.equal(order?.run, Math.floor(begun / 1000) * 1000)
    assert.ok(order && order.issuedAt >= begun && order.issuedAt <= clock.now())
    assert.ok((order.budget.blobs ?? 0) > 0 && (order.budget.blobs ?? 0) <= 5)
    assert.deepEqual(
      [metric('Volumes')?.value, metric('SilentVolumes')?.value, metric('Volumes')?.dimensions],
      [1, 0, { Installation: 'deployed' }],
    )
  })

  it('orders once for an event that comes twice, one behind the other or both at once (I8)', async () => {
    clock.advance(1000)
    const { advance, invocations } = start(number => (number === 0 ? 'twice' : 'together'))
    await advance(HOUR / 2)
    await beat()
    const { order: first } = await fleet.read('main', 'blobs')
    await advance((HOUR * 3) / 4)
    const { order: second } = await fleet.read('main', 'blobs')
    assert.equal((second?.run ?? 0) - (first?.run ?? 0), HOUR)
    assert.ok(invocations.length >= 4)
    const outcomes = invocations.map(({ result }) => (result as { outcome?: string } | null)?.outcome)
    assert.equal(outcomes.filter(outcome => outcome === 'planned').length, 2)
  })

  it('notices on its own clock that an agent has fallen silent', async () => {
    const { advance, metric } = start()
    await advance(3 * HOUR)
    assert.equal(metric('SilentVolumes')?.value, 1)
  })
})
