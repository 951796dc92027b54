import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { parseSchedulePolicy, SCHEDULE_POLICY_FILE } from '../../core/model/schedule-policy.ts'
import { scratch } from '../flows/setting.ts'
import { resolve } from './resolve.ts'
import { EXAMPLE, ofType, synthesize, synthesizeInto, type Template } from './synthesize.ts'

const PLACE = { account: '111122223333', region: 'eu-central-1' }

/** The resolved template of an installation with these settings of its schedule. */
function withSchedule(schedule: object, more: object = {}): Template {
  const raw = { ...EXAMPLE, ...more, stack: { ...EXAMPLE.stack, schedule } }
  return resolve(synthesize(raw)['nice-blobs'] ?? { Resources: {} }, PLACE)
}

function only(template: Template, type: string) {
  const [[id, resource] = [], ...others] = ofType(template, type)
  assert.ok(id && resource && others.length === 0, type)
  return { id, ...resource }
}

/** The directory of the function’s code, as it would be uploaded. */
function assetOf(test: TestContext, raw: object): { directory: string; hash: string } {
  const outdir = scratch(test)
  const template = synthesizeInto(outdir, raw)['nice-blobs'] ?? { Resources: {} }
  const hash = only(template, 'AWS::Lambda::Function').Properties.Code.S3Key.replace('.zip', '')
  return { directory: join(outdir, `asset.${hash}`), hash }
}

describe('the schedule', () => {
  const template = withSchedule({})
  const made = only(template, 'AWS::Lambda::Function')
  const queue = only(template, 'AWS::SQS::Queue')
  const queueArn = `arn:aws:sqs:eu-central-1:111122223333:${queue.id}`

  it('has a function that can do the work, and a log that is forgotten in time', () => {
    const { Runtime, Architectures, Timeout, MemorySize, Environment, LoggingConfig } = made.Properties
    assert.deepEqual([Runtime, Architectures, Timeout, MemorySize], ['nodejs24.x', ['arm64'], 120, 1024])
    assert.deepEqual(Environment.Variables, {
      INDEX_TABLE: EXAMPLE.index.table,
      INSTALLATION: 'nice-blobs',
    })
    const log = only(template, 'AWS::Logs::LogGroup')
    assert.deepEqual([log.Properties.RetentionInDays, log.DeletionPolicy], [90, 'Delete'])
    assert.equal(LoggingConfig.LogGroup, `/aws/lambda/${made.Properties.FunctionName}`)
    assert.equal(log.Properties.LogGroupName, LoggingConfig.LogGroup)
  })

  it('acts as the scheduler, is started as another role that can do nothing else, and waits for its rights', () => {
    const roles = new Map(ofType(template, 'AWS::IAM::Role').map(([id, role]) => [id, role.Properties]))
    const roleOf = (arn: string) => roles.get(arn.replace(/.*:role\//, ''))
    assert.equal(roleOf(made.Properties.Role)?.Description, 'nice-blobs: scheduler')
    const starter = roleOf(only(template, 'AWS::Scheduler::Schedule').Properties.Target.RoleArn)
    const [trust] = starter?.AssumeRolePolicyDocument.Statement ?? []
    assert.equal(trust.Principal.Service, 'scheduler.amazonaws.com')
    assert.deepEqual(trust.Condition.StringEquals, {
      'aws:SourceAccount': '111122223333',
      'aws:SourceArn': 'arn:aws:scheduler:eu-central-1:111122223333:schedule-group/default',
    })
    const waitsFor = (made as { DependsOn?: string[] }).DependsOn ?? []
    assert.ok(waitsFor.length > 0)
  })

  it('tells each run its time, and puts down in one queue what could not be started and what failed for good', () => {
    const { Target, Name } = only(template, 'AWS::Scheduler::Schedule').Properties
    assert.deepEqual(JSON.parse(Target.Input), { run: '<aws.scheduler.scheduled-time>' })
    assert.equal(Target.Arn, `arn:aws:lambda:eu-central-1:111122223333:function:${Name}`)
    assert.equal(Target.DeadLetterConfig.Arn, queueArn)
    assert.equal(made.Properties.DeadLetterConfig.TargetArn, queueArn)
    assert.deepEqual(
      [queue.Properties.SqsManagedSseEnabled, queue.Properties.MessageRetentionPeriod],
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
      const there = withSchedule({ every })
      const { ScheduleExpression, FlexibleTimeWindow } = only(there, 'AWS::Scheduler::Schedule').Properties
      assert.equal(ScheduleExpression, rate)
      assert.equal(FlexibleTimeWindow.MaximumWindowInMinutes, window)
      assert.equal(FlexibleTimeWindow.Mode, window === undefined ? 'OFF' : 'FLEXIBLE')
      const [alarm] = ofType(there, 'AWS::CloudWatch::Alarm').filter(
        ([, { Properties }]) => Properties.Statistic === 'SampleCount',
      )
      // Not of invocations: one that does nothing is a run that was missed.
      if (runs) assert.equal(alarm?.[1].Properties.MetricName, 'Volumes')
      const { Period, EvaluationPeriods, TreatMissingData, ComparisonOperator } = alarm?.[1].Properties ?? {}
      assert.deepEqual(alarm && [Period, EvaluationPeriods], runs)
      if (runs) assert.deepEqual([TreatMissingData, ComparisonOperator], ['breaching', 'LessThanThreshold'])
    })

  it('watches a backlog only where something is archived by it', () => {
    const metricsOf = (there: Template) =>
      ofType(there, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties.MetricName)
    const never = metricsOf(withSchedule({}, { databases: { main: {}, other: {} } }))
    const always = metricsOf(withSchedule({}, { databases: { main: {}, other: { schedule: {} } } }))
    assert.deepEqual(
      always.filter(metric => !never.includes(metric)),
      ['BacklogBytes', 'Overdue'],
    )
    assert.ok(never.includes('SilentVolumes') && never.includes('FillingVolumes'))
  })
})

describe('the bundle of a function', () => {
  it('holds the policy that the configuration has, and a handler that loads where nothing else is', test => {
    const { directory } = assetOf(test, EXAMPLE)
    const policy = parseSchedulePolicy(readFileSync(join(directory, SCHEDULE_POLICY_FILE), 'utf8'))
    assert.equal(policy.databases.main?.schedule?.bytesPerRun, 50e9)
    assert.equal(policy.every, 3_600_000)
    const env = { INDEX_TABLE: 'any', INSTALLATION: 'any', AWS_REGION: 'eu-central-1' }
    const words = ['--print', 'typeof require("./index.js").handler']
    assert.equal(
      execFileSync(process.execPath, words, { cwd: directory, env, encoding: 'utf8' }),
      'function\n',
    )
  })

  it('is another asset only where the policy is another', test => {
    const { databases, stack } = EXAMPLE
    const hashOf = (raw: object) => assetOf(test, raw).hash
    const asIs = hashOf(EXAMPLE)
    assert.equal(hashOf({ ...EXAMPLE, stack: { ...stack, alarms: {} } }), asIs)
    assert.notEqual(hashOf({ ...EXAMPLE, databases: { ...databases, other: {} } }), asIs)
    assert.notEqual(hashOf({ ...EXAMPLE, stack: { ...stack, schedule: { dryRun: true } } }), asIs)
  })
})
