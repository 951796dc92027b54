import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { manifestKey, partKey, verdictKey } from '../../core/model/key.ts'
import { aroundFunction, only, queueArn, roleOf, withStack } from './around-function.ts'
import { EXAMPLE, ofType } from './synthesize.ts'

const REPORT = '03d167f919308700-5f0c9a3be1d24876'
const template = withStack({})
const alarmsOf = (name: string) =>
  ofType(template, 'AWS::CloudWatch::Alarm').flatMap(([id, { Properties }]) =>
    id.startsWith(name) ? [Properties] : [],
  )

describe('the condemner', () => {
  const { made, failures, schedules } = aroundFunction(template, 'condemn', 'Condemn')
  const queue = only(template, 'AWS::SQS::Queue', id => id.startsWith('CondemnQueue'))
  const rule = only(template, 'AWS::Events::Rule', id => id.startsWith('CondemnRule'))
  const mapping = only(template, 'AWS::Lambda::EventSourceMapping')

  it('has a function that knows the index, the bucket and its own queue, and acts as its duty', () => {
    const { Runtime, Architectures, Timeout, MemorySize, Environment, Role } = made.Properties
    assert.deepEqual([Runtime, Architectures, Timeout, MemorySize], ['nodejs24.x', ['arm64'], 600, 1024])
    assert.deepEqual(Environment.Variables, {
      INDEX_TABLE: EXAMPLE.index.table,
      BLOB_BUCKET: EXAMPLE.bucket.name,
      QUEUE_URL: queue.id,
      INSTALLATION: 'nice-blobs',
    })
    assert.equal(roleOf(template, Role).Description, 'nice-blobs: condemner')
    assert.deepEqual(schedules, [])
  })

  it('is told of manifests and verdicts that come into the bucket, and of nothing else', () => {
    const { EventPattern, Targets } = rule.Properties
    assert.deepEqual(
      [EventPattern.source, EventPattern['detail-type'], EventPattern.detail.bucket.name],
      [['aws.s3'], ['Object Created'], [EXAMPLE.bucket.name]],
    )
    const patterns: { wildcard: string }[] = EventPattern.detail.object.key
    const isToldOf = (key: string) =>
      patterns.some(({ wildcard }) =>
        RegExp(`^${wildcard.split('*').map(RegExp.escape).join('.*')}$`).test(key),
      )
    for (const key of [manifestKey('main', REPORT), verdictKey('main', REPORT)]) assert.ok(isToldOf(key), key)
    for (const key of [partKey('main', REPORT, 0), `blobs/main/${REPORT}`]) assert.ok(!isToldOf(key), key)
    const [target] = Targets
    assert.deepEqual(
      [Targets.length, target.Arn, target.DeadLetterConfig.Arn],
      [1, queueArn(queue.id), queueArn(failures.id)],
    )
  })

  it('gets each message again that it failed on, in time for the one before, and puts down what fails five times', () => {
    const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy, SqsManagedSseEnabled } =
      queue.Properties
    assert.ok(VisibilityTimeout >= 6 * made.Properties.Timeout)
    assert.deepEqual([MessageRetentionPeriod, SqsManagedSseEnabled], [14 * 24 * 3600, true])
    assert.deepEqual(RedrivePolicy, { deadLetterTargetArn: queueArn(failures.id), maxReceiveCount: 5 })
    assert.equal(made.Properties.DeadLetterConfig, undefined)
  })

  it('works off single messages, few at a time, and waits for its rights', () => {
    const { BatchSize, FunctionResponseTypes, ScalingConfig, EventSourceArn } = mapping.Properties
    assert.deepEqual(
      [BatchSize, FunctionResponseTypes, ScalingConfig.MaximumConcurrency, EventSourceArn],
      [1, ['ReportBatchItemFailures'], 2, queueArn(queue.id)],
    )
    assert.ok(mapping.DependsOn?.some(id => id.startsWith('Dutiescondemnerpolicy')))
  })

  it('is watched for reports that wait, for blobs that are missing, and for work that is not done', () => {
    const told = [...alarmsOf('ReportOpen'), ...alarmsOf('BlobsSweptAlive'), ...alarmsOf('CondemnFailing')]
    assert.deepEqual(
      told.map(({ MetricName, Threshold, TreatMissingData }) => [MetricName, Threshold, TreatMissingData]),
      [
        ['OpenReports', 1, 'ignore'],
        ['SweptAliveBlobs', 1, 'ignore'],
        ['Errors', 3, 'notBreaching'],
        ['ApproximateNumberOfMessagesVisible', 1, 'ignore'],
        ['ApproximateAgeOfOldestMessage', 3 * 3600, 'ignore'],
      ],
    )
    // Or what is only tried again for the first time would be told.
    assert.ok(3 * 3600 > 2 * queue.Properties.VisibilityTimeout)
  })
})

describe('the sweeper', () => {
  const { made, failures, schedules } = aroundFunction(template, 'sweep', 'Sweep')

  it('has a function that has all the time there is, and acts as the one role that may place markers (I6)', () => {
    const { Timeout, MemorySize, Environment, Role } = made.Properties
    assert.deepEqual([Timeout, MemorySize], [900, 1024])
    assert.deepEqual(Environment.Variables, {
      INDEX_TABLE: EXAMPLE.index.table,
      BLOB_BUCKET: EXAMPLE.bucket.name,
      INSTALLATION: 'nice-blobs',
    })
    assert.equal(roleOf(template, Role).Description, 'nice-blobs: sweeper')
  })

  it('is started once a day by a role of its own, and puts down what failed for good', () => {
    const [schedule, ...others] = schedules
    assert.deepEqual(others, [])
    assert.equal(schedule?.ScheduleExpression, 'rate(1 day)')
    assert.equal(schedule?.FlexibleTimeWindow.Mode, 'FLEXIBLE')
    assert.equal(roleOf(template, schedule?.Target.RoleArn).Description, 'nice-blobs: starter of sweep')
    assert.equal(schedule?.Target.DeadLetterConfig.Arn, queueArn(failures.id))
    assert.equal(made.Properties.DeadLetterConfig.TargetArn, queueArn(failures.id))
  })

  it('is watched for what is odd, for failures, and for three days without a run', () => {
    const told = [...alarmsOf('SweepOdd'), ...alarmsOf('SweepFailing')]
    assert.deepEqual(
      told.map(({ MetricName, Threshold, Period, EvaluationPeriods, TreatMissingData }) => [
        ...[MetricName, Threshold, TreatMissingData],
        Period * EvaluationPeriods,
      ]),
      [
        ['SweepOddities', 1, 'ignore', 300],
        ['Errors', 3, 'notBreaching', 86_400],
        ['ApproximateNumberOfMessagesVisible', 1, 'ignore', 300],
        ['SweptBlobs', 1, 'breaching', 3 * 86_400],
      ],
    )
  })
})
