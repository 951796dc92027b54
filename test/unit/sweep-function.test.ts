import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginSweep, sweepMetrics } from '../../core/model/sweep-report.ts'
import { parseEvent } from '../../lambdas/sweep/event.ts'

describe('the function sweep', () => {
  it('sweeps unless it is asked for a dry run', () => {
    for (const event of [undefined, null, {}, { dryRun: false }])
      assert.deepEqual(parseEvent(event), { dryRun: false })
    assert.deepEqual(parseEvent({ dryRun: true }), { dryRun: true })
  })

  it('refuses an event that is not its own, lest a slip sweeps', () => {
    for (const event of [{ dryrun: true }, { dryRun: 'yes' }, 'dryRun', [], 1])
      assert.throws(() => parseEvent(event), /not an event of this function/)
  })

  it('measures all databases together', () => {
    const [one, two] = [beginSweep('one'), beginSweep('two')]
    Object.assign(one, { awaiting: 5, openReports: 1, swept: { blobs: 2, bytes: 30 } })
    Object.assign(two, { awaiting: 7, sweptAlive: 3, swept: { blobs: 1, bytes: 4 } })
    two.oddities.push({ subject: 'a blob', oddity: 'no object' })
    assert.deepEqual(sweepMetrics([one, two]), {
      ...{ SweptBlobs: 3, SweptBytes: 34, AwaitingSweep: 12 },
      ...{ SweepOddities: 1, OpenReports: 1, SweptAliveBlobs: 3 },
    })
  })
})
