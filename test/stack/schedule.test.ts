import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aroundFunction, queueArn, roleOf, withStack } from './around-function.ts'
import { EXAMPLE, ofType, type Template } from './synthesize.ts'

const around = (template: Template) => aroundFunction(template, 'schedule-archive', 'Schedule')

describe('the schedule', () => {
  const template = withStack({})
  const { made, log, failures, schedules } = around(template)
  const [schedule] = schedules

  it('has a function that can do the work, and a log that is forgotten in time', () => {
    const { Runtime, Architectures, Timeout, MemorySize, Environment, LoggingConfig } = made.Properties
    assert.deepEqual([Runtime, Architectures, Timeout, MemorySize], ['nodejs24.x', ['arm64'], 120, 1024])
    assert.deepEqual(Environment.Variables, {
      INDEX_TABLE: EXAMPLE.index.table,
      INSTALLATION: 'nice-blobs',
    })
    assert.deepEqual([log.Properties.RetentionInDays, log.DeletionPolicy], [90, 'Delete'])
    assert.equal(LoggingConfig.LogGroup, `/aws/lambda/${made.Properties.FunctionName}`)
    assert.equal(log.Properties.LogGroupName, LoggingConfig.LogGroup)
  })

  it('acts as the scheduler, is started as another role that can do nothing else, and waits for its rights', () => {
    assert.equal(roleOf(template, made.Properties.Role).Description, 'nice-blobs: scheduler')
    const starter = roleOf(template, schedule?.Target.RoleArn)
    const [trust] = starter.AssumeRolePolicyDocument.Statement
    assert.equal(trust.Principal.Service, 'scheduler.amazonaws.com')
    assert.deepEqual(trust.Condition.StringEquals, {
      'aws:SourceAccount': '111122223333',
      'aws:SourceArn': 'arn:aws:scheduler:eu-central-1:111122223333:schedule-group/default',
    })
    assert.ok((made.DependsOn ?? []).length > 0)
  })

  it('tells each run its time, and puts down in one queue what could not be started and what failed for good', () => {
    const { Target, Name } = schedule ?? {}
    assert.deepEqual(JSON.parse(Target.Input), { run: '<aws.scheduler.scheduled-time>' })
    assert.equal(Target.Arn, `arn:aws:lambda:eu-central-1:111122223333:function:${Name}`)
    assert.equal(Target.DeadLetterConfig.Arn, queueArn(failures.id))
    assert.equal(made.Properties.DeadLetterConfig.TargetArn, queueArn(failures.id))
    assert.deepEqual(
      [failures.Properties.SqsManagedSseEnabled, failures.Properties.MessageRetentionPeriod],
      [true, 14 * 24 * 3600],
    )
  })

  const EVERY = [
    { every: '1m', rate: 'rate(1 minute)', window: undefined, runs: [300, 3] },
    { every: '4m', rate: 'rate(4 minutes)', window: 1, runs: [300, 3] },
    { every: '7m', rate: 'rate(7 minutes)', window: 1, runs: [420, 3] },
    { every: '1h', rate: 'rate(1 hour)', window: 15, runs: [3600, 3] },
    { every: '90m', rate: 'rate(90 minutes)', window: 15, runs: [5400, 3] },
    { every: '1d', rate: 'rate(1 day)', window: 15, runs: [86_400, 3] },
    { every: '2d', rate: 'rate(2 days)', window: 15, runs: [86_400, 6] },
    { every: '6d', rate: 'rate(6 days)', window: 15, runs: [86_400, 7] },
    { every: '1w', rate: 'rate(7 days)', window: 15, runs: undefined },
  ]
  for (const { every, rate, window, runs } of EVERY)
    it(`runs every ${every}, and somebody is told when it does not`, () => {
      const there = withStack({ schedule: { every } })
      const [properties] = around(there).schedules
      const { ScheduleExpression, FlexibleTimeWindow } = properties ?? {}
      assert.equal(ScheduleExpression, rate)
      assert.equal(FlexibleTimeWindow.MaximumWindowInMinutes, window)
      assert.equal(FlexibleTimeWindow.Mode, window === undefined ? 'OFF' : 'FLEXIBLE')
      const [alarm] = ofType(there, 'AWS::CloudWatch::Alarm').filter(([id]) =>
        id.startsWith('ScheduleFailingRuns'),
      )
      // Not of invocations: one that does nothing is a run that was missed.
      if (runs) assert.equal(alarm?.[1].Properties.MetricName, 'Volumes')
      const { Statistic, Period, EvaluationPeriods, TreatMissingData, ComparisonOperator } =
        alarm?.[1].Properties ?? {}
      assert.deepEqual(alarm && [Period, EvaluationPeriods], runs)
      if (runs)
        assert.deepEqual(
          [Statistic, TreatMissingData, ComparisonOperator],
          ['SampleCount', 'breaching', 'LessThanThreshold'],
        )
    })

  it('watches a backlog only where something is archived by it', () => {
    const metricsOf = (there: Template) =>
      ofType(there, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties.MetricName)
    const never = metricsOf(withStack({}, { databases: { main: {}, other: {} } }))
    const always = metricsOf(withStack({}, { databases: { main: {}, other: { schedule: {} } } }))
    assert.deepEqual(
      always.filter(metric => !never.includes(metric)),
      ['BacklogBytes', 'Overdue'],
    )
    assert.ok(never.includes('SilentVolumes') && never.includes('FillingVolumes'))
  })
})
