import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { metricLine } from '../../core/model/metric-line.ts'
import { SCHEDULE_UNITS, type ScheduleMetricName } from '../../core/model/metric-names.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import { planDatabase } from '../../core/model/schedule-plan.ts'
import { makeSchedulePolicy, parseSchedulePolicy } from '../../core/model/schedule-policy.ts'
import { reportSchedule } from '../../core/model/schedule-report.ts'
import { readEnvironment } from '../../lambdas/schedule-archive/env.ts'
import { parseEvent } from '../../lambdas/schedule-archive/event.ts'
import { metricsIn } from '../../sandbox/functions/metrics.ts'
import { anyFleet, anyPolicy, TIMES } from './arbitrary-fleet.ts'
import { NOW } from './arbitrary-summary.ts'

describe('the function schedule-archive', () => {
  it('knows a run by its scheduled time, and one that a person asks for by its own', () => {
    const run = '2026-11-21T22:00:00Z'
    assert.deepEqual(parseEvent({ run }, NOW), { run: Date.parse(run), dryRun: false })
    assert.deepEqual(parseEvent({ dryRun: true }, NOW), { run: NOW, dryRun: true })
    assert.deepEqual(parseEvent(undefined, NOW), { run: NOW, dryRun: false })
  })

  it('refuses what is no event, and a run that has not come yet, which would block all before it', () => {
    const later = new Date(NOW + 3_600_000).toISOString()
    for (const event of [
      { run: 'yesterday' },
      { run: 5 },
      { runs: later },
      'x',
      { run: '<aws.scheduler.scheduled-time>' },
    ])
      assert.throws(() => parseEvent(event, NOW), /not an event of this function/)
    assert.throws(() => parseEvent({ run: later }, NOW), /has not come yet/)
  })

  it('says which variable its environment lacks', () => {
    assert.throws(() => readEnvironment({ INDEX_TABLE: 'some-table' }), /lacks INSTALLATION/)
    assert.deepEqual(readEnvironment({ INDEX_TABLE: 'a', INSTALLATION: 'b' }), {
      table: 'a',
      installation: 'b',
    })
  })

  it('reads the policy that was laid beside it, and no other', () => {
    const text = JSON.stringify({
      bucket: { name: 'some-blobs', region: 'eu-central-1' },
      index: { table: 'some-table' },
      databases: { main: { schedule: { hours: '22:00-06:00', bytesPerRun: '5GB' } }, other: {} },
      stack: { schedule: { every: '30m' } },
    })
    const { stack, databases } = parseConfig(text, {}, 'the test')
    assert.ok(stack)
    const policy = makeSchedulePolicy(stack, databases)
    assert.deepEqual(parseSchedulePolicy(JSON.stringify(policy)), JSON.parse(JSON.stringify(policy)))
    assert.equal(policy.every, 1_800_000)
    assert.throws(() => parseSchedulePolicy('{}'), { code: 'FORMAT_UNKNOWN' })
  })

  it('tells every metric with its unit, as CloudWatch reads them', () => {
    fc.assert(
      fc.property(anyPolicy, anyFleet, (policy, fleet) => {
        const { metrics, reasons, due } = reportSchedule(planDatabase('main', policy, fleet, TIMES), NOW)
        const told = metricsIn([metricLine('nice-blobs', metrics, NOW)])
        assert.deepEqual(
          told.map(({ name, unit, value }) => [name, unit, value]),
          Object.entries(SCHEDULE_UNITS).map(([name, unit]) => [
            name,
            unit,
            metrics[name as ScheduleMetricName],
          ]),
        )
        assert.ok(told.every(({ value }) => Number.isFinite(value) && value >= 0))
        assert.equal(
          Object.values(reasons).reduce((sum, count) => sum + count, 0),
          fleet.length,
        )
        assert.deepEqual([metrics.BacklogBlobs, metrics.BacklogBytes], [due.blobs, due.bytes])
        assert.ok(metrics.SilentVolumes <= metrics.Volumes && metrics.Volumes <= fleet.length)
      }),
    )
  })
})
