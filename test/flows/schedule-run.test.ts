import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { createFleetSetting, DAY, HOUR } from './keeper-setting.ts'

/** One run of the schedule after the other, over a fleet with one volume in which something is always due. */

const outage = new BlobUnavailable('SERVER_BUSY', 'throttled', { subject: 'index', hint: 'none' })
const MINUTE = 60_000

async function withBacklog(test: TestContext) {
  const fleet = createFleetSetting(test)
  const host = fleet.addHost('web1')
  fleet.commit(1, 100)
  await host.live()
  const orderedRun = async () => (await fleet.fleet.readOrder('main', 'blobs'))?.run
  return { ...fleet, host, orderedRun }
}

describe('a run of the schedule', () => {
  it('is not kept from its work by one of the far future (I8)', async test => {
    const { schedule, time, pass, host, orderedRun } = await withBacklog(test)
    await schedule(time.now + 36 * 365 * DAY)
    pass(HOUR)
    await host.live()
    assert.equal((await schedule()).outcome, 'planned')
    assert.equal(await orderedRun(), time.now)
    pass(HOUR)
    await host.live()
    assert.equal((await schedule(time.now - 2 * HOUR)).outcome, 'ended before')
  })

  it('whose reading failed is worked off by its first repetition, and whose writing failed by the second (I8)', async test => {
    const { fleet, schedule, time, pass, orderedRun } = await withBacklog(test)
    const run = time.now
    const { list, writeOrder } = fleet
    fleet.list = () => {
      throw outage
    }
    await assert.rejects(schedule(run), { code: 'SERVER_BUSY' })
    fleet.list = list
    fleet.writeOrder = async () => {
      throw outage
    }
    // As Lambda repeats what failed: after one and after two minutes more.
    pass(MINUTE)
    await assert.rejects(schedule(run), { code: 'SERVER_BUSY' })
    fleet.writeOrder = writeOrder
    pass(MINUTE)
    await assert.rejects(schedule(run), { code: 'SCHEDULE_BUSY' })
    assert.equal(await orderedRun(), undefined)
    pass(2 * MINUTE)
    assert.equal((await schedule(run)).outcome, 'planned')
    assert.equal(await orderedRun(), run)
  })

  it('tells of an agent that lives and whose work has not gone well for a day', async test => {
    const { index, schedule, pass, host, time, commit } = await withBacklog(test)
    const { find } = index
    index.find = async () => {
      throw outage
    }
    const reasons = async () => {
      const result = await schedule(time.now)
      return result.outcome === 'planned' ? result.decisions.map(({ reason }) => reason) : []
    }
    for (let hours = 0; hours < 30; hours += 1) {
      pass(HOUR)
      commit(100 + hours, 100, 2 * DAY)
      await host.live()
      await schedule()
    }
    pass(MINUTE)
    assert.deepEqual(await reasons(), ['stuck'])
    index.find = find
    pass(HOUR)
    await host.live()
    assert.deepEqual(await reasons(), ['ordered'])
  })
})
