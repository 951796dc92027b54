import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startAgent } from '../../client/agent/agent.ts'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import type { OrderRow } from '../../core/model/volume-row.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { askSocket } from './agent-setting.ts'
import { copyTree, hashTree, plantBlob, refNumber, scratch, trueBlobs, trueTree } from './setting.ts'

const HOUR = 3_600_000
const PATIENCE = 60_000

/** Files come and go while this is looked at. */
const isEmpty = (directory: string) =>
  !readdirSync(directory, { recursive: true, encoding: 'utf8' }).some(name => name.endsWith('.blob'))

/** Waits for what has to come, however slow the machine is. */
async function until(what: string, comes: () => unknown): Promise<void> {
  const deadline = performance.now() + PATIENCE
  while (!(await comes())) {
    assert.ok(performance.now() < deadline, `${what} has not come`)
    await delay(20)
  }
}

async function countOf(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of items) count += 1
  return count
}

/** Agents of several hosts on one shared volume, before a sandbox, with a heart that beats fast. */
async function withFleet(test: TestContext) {
  const base = scratch(test)
  const directory = copyTree('bushy', join(base, 'blobs'))
  const sandbox = await startSandbox({
    directory: join(base, 'sandbox'),
    bucket: 'kept-blobs',
    table: 'kept-index',
  })
  process.env.AWS_ACCESS_KEY_ID = sandbox.credentials.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = sandbox.credentials.secretAccessKey
  const { region, bucketEndpoint: endpoint, indexEndpoint } = sandbox
  const index = { table: 'kept-index', endpoint: indexEndpoint }
  const client = createDynamoClient(index, { region })
  const fleet = createDynamoFleet('kept-index', client)
  let open = true
  const closeSandbox = async () => {
    if (open) await sandbox.close()
    open = false
  }
  const ends: (() => Promise<void>)[] = []
  test.after(async () => {
    for (const end of ends) await end()
    client.destroy()
    await closeSandbox()
  })

  async function start(name: string, more: object = {}) {
    const config = parseConfig(
      JSON.stringify({
        bucket: { name: 'kept-blobs', region, endpoint, pathStyle: true },
        index,
        cache: { directory: join(base, name) },
        agent: { socket: join(base, `${name}-run/agent.sock`), heartbeat: '200ms' },
        databases: { main: { volumes: { blobs: directory }, ...more } },
      }),
      {},
      'the test',
    )
    const troubles: NiceBlobsError[] = []
    const agent = await startAgent(config, { readOnly: false, tell: trouble => troubles.push(trouble) })
    let running = true
    const end = async () => {
      if (running) await agent.close()
      running = false
    }
    ends.push(end)
    const ask = (path: string) => askSocket(agent.socket, path)
    const health = async () => JSON.parse((await ask('/healthz')).body.toString())
    return { troubles, end, ask, health, stateOf: async () => (await health()).volumes[0]?.state }
  }

  const order = (run: number, more: Partial<OrderRow> = {}) =>
    fleet.writeOrder({
      ...{ formatVersion: 1, database: 'main', volume: 'blobs', run, issuedAt: run, validFor: HOUR },
      archive: { minAge: 0, minSize: 0, quiet: 0, allowEmpty: false },
      release: { delay: 0, replicated: false },
      budget: {},
      ...more,
    })
  const rows = () => countOf(createDynamoIndex('kept-index', client).list('main'))
  return { base, directory, fleet, order, start, rows, closeSandbox }
}

describe('an agent that keeps a volume', () => {
  it('empties it by an order while it serves, and tells what it does', async test => {
    const { directory, order, start, rows } = await withFleet(test)
    const agent = await start('web1')
    await until('a summary', async () => (await agent.stateOf()) === 'idle')
    assert.deepEqual(hashTree(directory), trueTree('bushy'), 'without an order nothing moves')
    await order(Date.now())
    await until('an empty volume', () => isEmpty(directory))
    assert.equal(await rows(), trueBlobs('bushy').length)
    for (const { oid, tid } of trueBlobs('bushy').slice(0, 5)) {
      const { status } = await agent.ask(`/v1/blobs/${oid}/${tid}/path`)
      assert.equal(status, 200)
    }
    const measures = (await agent.ask('/metrics')).body.toString()
    const bytes = trueBlobs('bushy').reduce((sum, { size }) => sum + size, 0)
    assert.match(measures, new RegExp(`nice_blobs_archived_bytes_total{database="main"} ${bytes}\\n`))
    assert.match(measures, new RegExp(`nice_blobs_released_bytes_total{database="main"} ${bytes}\\n`))
    assert.match(measures, /nice_blobs_keeper_state{database="main",volume="blobs",state="\w+"} 1/)
    assert.deepEqual(agent.troubles, [])
  })

  it('stands by beside another, and goes on where that one ended', async test => {
    const { directory, order, start, fleet } = await withFleet(test)
    const first = await start('web1')
    await until('its lease', async () => (await first.stateOf()) === 'idle')
    const second = await start('web2')
    await until('the other to stand by', async () => (await second.stateOf()) === 'standing by')
    await first.end()
    const { lease } = await fleet.read('main', 'blobs')
    await until('the lease', async () => (await second.stateOf()) === 'idle')
    await order(Date.now())
    await until('an empty volume', () => isEmpty(directory))
    assert.notEqual((await fleet.read('main', 'blobs')).lease?.term, lease?.term)
  })

  it('finds what is committed while it runs', async test => {
    const { directory, order, start } = await withFleet(test)
    const agent = await start('web1')
    await order(Date.now())
    await until('an empty volume', () => isEmpty(directory))
    const path = plantBlob(openVolume(directory), refNumber(0x7777777), 'committed lately')
    await until('it to leave too', () => !existsSync(path))
    assert.deepEqual(agent.troubles, [])
  })

  it('serves on and says what it waits for while the index is away, and ends when it is told to', async test => {
    const { start, closeSandbox } = await withFleet(test)
    const agent = await start('web1')
    await until('its lease', async () => (await agent.stateOf()) === 'idle')
    await closeSandbox()
    await until('it to say so', async () => (await agent.stateOf()) === 'waiting')
    const { volumes } = await agent.health()
    assert.equal(volumes[0].trouble, 'SERVER_UNREACHABLE')
    assert.ok(agent.troubles.some(({ code }) => code === 'SERVER_UNREACHABLE'))
    await agent.end()
  })

  it('says so where its thread cannot begin, as with a cache that is none', async test => {
    const { base, start } = await withFleet(test)
    writeFileSync(join(base, 'web1'), 'no directory')
    const agent = await start('web1')
    await until('it to say so', async () => (await agent.stateOf()) === 'waiting')
    assert.ok(agent.troubles.length > 0)
  })

  it('keeps nothing when it only reads', async test => {
    const { base, start, fleet, order } = await withFleet(test)
    const agent = await start('web1', { volumes: {} })
    await order(Date.now())
    assert.deepEqual((await agent.health()).volumes, [])
    assert.equal((await fleet.read('main', 'blobs')).lease, undefined)
    assert.ok(!existsSync(join(base, 'blobs/.nice-blobs')))
  })
})
