import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import type { SummaryRow } from '../../core/model/volume-row.ts'
import { DAY, leaseOf, orderOf, summaryOf } from '../contract/fleet-rows.ts'
import { clientSettings, PATIENCE } from '../contract/through-faults.ts'
import { trueBlobs } from '../flows/setting.ts'
import { install } from './command.ts'

/** `status` without a directory, of volumes whose agents and schedule told something. */

const HOUR = 3_600_000
const blobs = { database: 'main', volume: 'blobs' }

async function installed(test: TestContext, changes: object = {}) {
  const installation = await install(test, 'bushy', changes)
  const client = new DynamoDBClient(clientSettings(installation.sandbox.indexEndpoint, PATIENCE))
  test.after(() => client.destroy())
  const fleet = createDynamoFleet('some-table', client)
  const now = Date.now()
  /** Volumes in order but for what is said: a heartbeat of this moment, an hour's order. */
  const plant = async (of: typeof blobs, summary: Partial<SummaryRow> = {}, heartbeatAt = now) => {
    await fleet.writeLease(undefined, leaseOf(of, { heartbeatAt, spent: undefined }))
    const lately = { ...summaryOf(of).lately, since: now - DAY }
    await fleet.writeSummary(summaryOf(of, { madeAt: now, lately, ...summary }))
    await fleet.writeOrder(orderOf(of, { run: now, issuedAt: now, validFor: HOUR }))
  }
  return { ...installation, fleet, plant }
}

describe('nice-blobs status', () => {
  it('tells how each volume is doing, and what is in the bucket', async test => {
    const { run, volume, plant } = await installed(test)
    assert.equal((await run('archive', volume)).status, 0)
    await plant(blobs)
    const { status, out, events } = await run('status')
    assert.equal(status, 0, out)
    assert.match(out, /^main: 1 volume\n {2}volume +host +state +due /)
    assert.match(
      out,
      /\n {2}blobs +app1 +working +2\.1 GB in 1 +2\.1 GB in 13 +70 kB in 7 +0 +300 GB \(30.%\) /,
    )
    assert.match(out, /1 GB of 10 GB +1 MB +3281 d 23 h + 1 GB, 1,000 blobs for (1 h|59 min)/)
    assert.match(out, new RegExp(`\\nin the bucket, archived: .* in ${trueBlobs('bushy').length}\\n`))
    assert.deepEqual(events, [])
  })

  it('tells programs the same, a line for each database', async test => {
    const databases = { main: {}, shop: { schedule: {}, archive: { minAge: '90d' } } }
    const { run, plant } = await installed(test, { databases })
    await plant(blobs)
    await plant({ database: 'shop', volume: 'photos' })
    const [main, shop] = (await run('status', '--json')).events
    assert.equal(main?.database, 'main')
    assert.equal(shop?.scheduled, true)
    assert.deepEqual(shop?.bucket, {})
    // By the policy of its order, whatever this host was configured with.
    assert.partialDeepStrictEqual(shop?.together, { summaries: 1, due: { blobs: 1, bytes: 2 ** 31 } })
    const only = await run('status', '--json', '--quick', '--database', 'shop')
    assert.deepEqual(
      only.events.map(({ database, bucket }) => [database, bucket]),
      [['shop', undefined]],
    )
    assert.equal((await run('status', '--database', 'none')).status, 2)
  })

  it('has the status 1 when a volume is silent, or something is left for a person', async test => {
    const { run, plant } = await installed(test)
    await plant(blobs, {}, Date.now() - 3 * HOUR)
    const silent = await run('status', '--quick')
    assert.equal(silent.status, 1)
    assert.match(silent.out, /blobs +app1 +silent for 3 h .*\n.*\nsilent: blobs\n$/)
    const others = await installed(test)
    await others.plant(blobs, { left: { blobs: 2, bytes: 9 } })
    const left = await others.run('status', '--quick')
    assert.equal(left.status, 1)
    assert.match(left.out, / 9 B in 2 /)
  })

  it('retires a volume that was taken away, and none whose agent lives', async test => {
    const { run, plant, fleet } = await installed(test)
    await plant(blobs, {}, Date.now() - 3 * HOUR)
    const other = { database: 'main', volume: 'other' }
    await plant(other)
    const refused = await run('status', '--quick', '--retire', 'other')
    assert.equal(refused.status, 2)
    assert.match(refused.err, /USAGE_WRONG: main\/other: .*the agent of app1 looks after it/)
    assert.equal((await run('status', '--quick', '--retire', 'none')).status, 2)
    const retired = await run('status', '--quick', '--retire', 'blobs')
    assert.equal(retired.status, 0, retired.out + retired.err)
    assert.match(retired.out, /blobs +app1 +gone for 3 h/)
    assert.equal((await fleet.read('main', 'blobs')).lease?.retired, true)
  })

  it('tells of volumes that no agent told of yet, and needs an index', async test => {
    const { run } = await installed(test)
    const { status, out } = await run('status')
    assert.equal(status, 0)
    assert.match(out, /\n {2}blobs +- +no agent yet +-[ -]+\n$/)
    const without = await installed(test, { index: undefined })
    const refused = await without.run('status')
    assert.equal(refused.status, 2)
    assert.match(refused.err, /index\.table/)
  })
})
