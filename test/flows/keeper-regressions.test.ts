import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatRef } from '../../core/model/ref.ts'
import { createFleetSetting, DAY } from './keeper-setting.ts'

/** What the model of a fleet has found (test/faults/fleet-model.test.ts), by name. */

describe('a keeper that has found an old order', () => {
  it('tells what has become due since then, so that it gets another one', async test => {
    const fleet = createFleetSetting(test)
    const host = fleet.addHost('web1')
    await host.live()
    // Nothing is due, and so no other order comes for as long as that is so.
    await fleet.schedule()
    await host.live()
    fleet.pass(31 * DAY)
    const ref = fleet.commit(1, 100, 2 * DAY)
    host.restart()
    await host.live()
    fleet.pass(3_600_000)
    await host.live()
    await fleet.schedule()
    await host.live()
    assert.deepEqual(fleet.archivedRefs(), [formatRef(ref)])
  })
})
