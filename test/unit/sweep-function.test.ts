import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BlobUnavailable, NiceBlobsError } from '../../core/model/errors.ts'
import { beginSweep, sweepMetrics } from '../../core/model/sweep-report.ts'
import { requireReached, tell, unlessBusy } from '../../lambdas/sweep/answer.ts'
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

  it('ends without an error while another run is at work, and with what else goes wrong', async () => {
    const detail = { subject: 'sweep', hint: 'none' }
    const busy = Promise.reject(new NiceBlobsError('SWEEP_BUSY', 'at work', detail))
    assert.equal(await unlessBusy(busy), undefined)
    const outage = new BlobUnavailable('SERVER_BUSY', 'throttled', detail)
    await assert.rejects(unlessBusy(Promise.reject(outage)), outage)
    const sweeps = [beginSweep('main')]
    assert.equal(await unlessBusy(Promise.resolve(sweeps)), sweeps)
  })

  it('fails where a database could not be reached, after all were told', () => {
    const [one, two] = [beginSweep('one'), beginSweep('two')]
    requireReached([one, two])
    Object.assign(two, { ended: 'failed', told: 'SERVER_BUSY: throttled' })
    assert.throws(() => requireReached([one, two]), /^Error: two: SERVER_BUSY: throttled$/)
  })

  it('tells a hundred oddities, and how many more there are', () => {
    const sweep = beginSweep('main')
    for (let at = 0; at < 103; at += 1) sweep.oddities.push({ subject: `${at}`, oddity: 'no object' })
    const told = tell(sweep) as { oddities: unknown[]; untold: number }
    assert.deepEqual([told.oddities.length, told.untold], [100, 3])
  })
})
