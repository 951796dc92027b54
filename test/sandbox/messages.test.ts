import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { compilePattern } from '../../sandbox/functions/event-pattern.ts'
import { Queues } from '../../sandbox/sqs/queues.ts'
import { MINUTE, START, startProbe } from './probe-assembly.ts'
import { BUCKET, standIn } from './stand-in.ts'

/** From a new object over a rule and a queue to a function, and the queue for dead letters. */

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })
const WORK = 'probe-Work'

interface Pieces {
  bucket?: object
  rule?: object
  queue?: object
  policy?: object
  source?: object
}

function resources(changes: Pieces = {}) {
  const notification = { EventBridgeConfiguration: { EventBridgeEnabled: true } }
  const allow = { Effect: 'Allow', Action: 'sqs:SendMessage', Principal: { Service: 'events.amazonaws.com' } }
  const made: Record<string, [type: string, properties: object | undefined]> = {
    Bucket: [
      'S3::Bucket',
      { BucketName: BUCKET, NotificationConfiguration: notification, ...changes.bucket },
    ],
    Rule: [
      'Events::Rule',
      {
        EventPattern: {
          source: ['aws.s3'],
          'detail-type': ['Object Created'],
          detail: {
            bucket: { name: [{ Ref: 'Bucket' }] },
            object: { key: [{ wildcard: 'packs/*/manifest.json' }] },
          },
        },
        Targets: [{ Arn: arnOf('Work'), Id: 'Target0', DeadLetterConfig: { Arn: arnOf('Queue') } }],
        ...changes.rule,
      },
    ],
    Work: [
      'SQS::Queue',
      {
        VisibilityTimeout: 120,
        RedrivePolicy: { deadLetterTargetArn: arnOf('Queue'), maxReceiveCount: 2 },
        ...changes.queue,
      },
    ],
    Policy: [
      'SQS::QueuePolicy',
      { Queues: [{ Ref: 'Work' }], PolicyDocument: { Statement: [allow] }, ...changes.policy },
    ],
    Source: [
      'Lambda::EventSourceMapping',
      {
        FunctionName: { Ref: 'Probe' },
        EventSourceArn: arnOf('Work'),
        BatchSize: 3,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
        ...changes.source,
      },
    ],
  }
  return Object.fromEntries(
    Object.entries(made).map(([id, [type, Properties]]) => [id, { Type: `AWS::${type}`, Properties }]),
  )
}

async function start(t: TestContext, changes?: Pieces, more: { batchesAtOnce?: number } = {}) {
  const time = { now: () => START }
  const queues = new Queues(() => time.now())
  const { s3, client } = await standIn(t)
  const stack = startProbe(
    t,
    { schedule: { State: 'DISABLED' }, resources: resources(changes) },
    { s3, queues, ...more },
  )
  time.now = stack.now
  const put = (Key: string) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'hello' }))
  const send = (...bodies: object[]) => {
    for (const body of bodies) queues.send(WORK, JSON.stringify(body))
  }
  return { ...stack, queues, client, put, send }
}

const recordsOf = ({ event }: { event: unknown }) =>
  (event as { Records: { body: string; attributes: Record<string, string> }[] }).Records
const bodiesOf = (invocation: { event: unknown }) => recordsOf(invocation).map(({ body }) => JSON.parse(body))

test('tells a function of a new object as EventBridge does, by the rule and the queue of the stack', async t => {
  const { put, advance, invocations } = await start(t)
  const { VersionId, ETag } = await put('packs/main/r1/manifest.json')
  await put('packs/main/r1/part-00')
  await advance(0)
  assert.equal(invocations.length, 1)
  const [event] = invocations.flatMap(bodiesOf)
  const { id, time, detail, ...envelope } = event
  assert.deepEqual(envelope, {
    version: '0',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '000000000000',
    region: 'eu-west-3',
    resources: [`arn:aws:s3:::${BUCKET}`],
  })
  assert.match(id, /^[0-9a-f-]{36}$/)
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.deepEqual([detail.bucket, detail.reason, detail.version], [{ name: BUCKET }, 'PutObject', '0'])
  const { sequencer, ...object } = detail.object
  const etag = ETag?.replaceAll('"', '')
  assert.deepEqual(object, { key: 'packs/main/r1/manifest.json', size: 5, etag, 'version-id': VersionId })
  assert.match(sequencer, /^[0-9A-F]{16}$/)
})

test('tells how an object was made', async t => {
  const { put, client, advance, invocations } = await start(t)
  const place = (name: string) => ({ Bucket: BUCKET, Key: `packs/main/${name}/manifest.json` })
  await put(place('put').Key)
  const CopySource = `${BUCKET}/${place('put').Key}`
  await client.send(new CopyObjectCommand({ ...place('copied'), CopySource }))
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(place('in-parts')))
  const part = { ...place('in-parts'), UploadId, PartNumber: 1 }
  const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: 'hello' }))
  const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] }
  await client.send(new CompleteMultipartUploadCommand({ ...place('in-parts'), UploadId, MultipartUpload }))
  await advance(0)
  assert.deepEqual(
    invocations.flatMap(bodiesOf).map(({ detail }) => detail.reason),
    ['PutObject', 'CopyObject', 'CompleteMultipartUpload'],
  )
})

test('tells nobody of an object when the template does not say so', async t => {
  const silent: Pieces[] = [
    { bucket: { NotificationConfiguration: undefined } },
    { bucket: { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: false } } } },
    { rule: { State: 'DISABLED' } },
    { source: { Enabled: false } },
  ]
  for (const changes of silent) {
    const { put, advance, invocations } = await start(t, changes)
    await put('packs/main/r1/manifest.json')
    await advance(60 * MINUTE)
    assert.deepEqual(invocations, [])
  }
})

test('tells only what was deployed last', async t => {
  const queues = new Queues(() => START)
  const { s3, client } = await standIn(t)
  const put = (Key: string) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }))
  const deploy = (changes?: Pieces) => startProbe(t, { resources: resources(changes) }, { s3, queues })
  deploy()
  deploy()
  await put('packs/a/manifest.json')
  assert.equal(queues.messages(WORK).length, 1)
  deploy({ bucket: { NotificationConfiguration: undefined } })
  await put('packs/b/manifest.json')
  assert.equal(queues.messages(WORK).length, 1)
})

test('hands over messages in batches, in the order in which they came', async t => {
  const { send, advance, invocations, queues } = await start(t)
  send(...[1, 2, 3, 4, 5, 6, 7].map(number => ({ number })))
  await advance(0)
  const batches = invocations.map(invocation => bodiesOf(invocation).map(({ number }) => number))
  assert.deepEqual(batches, [[1, 2, 3], [4, 5, 6], [7]])
  const [record] = recordsOf(invocations[0] ?? { event: {} })
  assert.partialDeepStrictEqual(record, {
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:eu-west-3:000000000000:${WORK}`,
    awsRegion: 'eu-west-3',
    messageAttributes: {},
  })
  assert.equal(record?.attributes.ApproximateReceiveCount, '1')
  assert.deepEqual(queues.messages(WORK), [])
})

test('brings back what a function failed on, alone, and gives it up in the end', async t => {
  const { send, advance, invocations, deadLetters, queues } = await start(t)
  send({ number: 1 }, { number: 2, fail: true }, { number: 3 })
  await advance(MINUTE)
  assert.equal(invocations.length, 1)
  await advance(2 * MINUTE)
  assert.deepEqual(invocations.map(bodiesOf)[1], [{ number: 2, fail: true }])
  assert.equal(recordsOf(invocations[1] ?? { event: {} })[0]?.attributes.ApproximateReceiveCount, '2')
  assert.deepEqual(deadLetters, [])
  await advance(10 * MINUTE)
  assert.equal(invocations.length, 2)
  assert.deepEqual(deadLetters, [{ queue: 'Queue', event: JSON.stringify({ number: 2, fail: true }) }])
  assert.equal(queues.messages('probe-Queue').length, 1)
  assert.deepEqual(queues.messages(WORK), [])
})

test('brings back the whole batch where it does not know better', async t => {
  const said: [answer: unknown, comesAgain: boolean][] = [
    [null, false],
    [{}, false],
    [{ batchItemFailures: [] }, false],
    [{ batchItemFailures: null }, false],
    [{ batchItemFailures: 'all' }, true],
    [{ batchItemFailures: [{ itemIdentifier: '' }] }, true],
    [{ batchItemFailures: [{ itemIdentifier: 'another' }] }, true],
    [{ batchItemFailures: [{}] }, true],
    [{ batchItemFailures: [null] }, true],
  ]
  const { send, advance, invocations } = await start(t, {
    queue: { RedrivePolicy: undefined, MessageRetentionPeriod: 300 },
  })
  for (const [answer, comesAgain] of said) {
    const before = invocations.length
    send({ answer }, {})
    await advance(0)
    assert.equal(invocations.length, before + 1)
    await advance(2 * MINUTE)
    assert.equal(invocations.length, before + (comesAgain ? 2 : 1), JSON.stringify(answer))
    // Until it is forgotten.
    await advance(6 * MINUTE)
  }
})

test('brings back the whole batch of a function that fails, or that cannot say on what', async t => {
  const crash = await start(t)
  crash.send({ exit: 1 }, { number: 2 })
  await crash.advance(3 * MINUTE)
  assert.equal(crash.invocations.length, 2)
  const mute = await start(t, { source: { FunctionResponseTypes: undefined } })
  mute.send({ fail: true })
  await mute.advance(3 * MINUTE)
  assert.equal(mute.invocations.length, 1)
})

test('works off as many batches at once as it may', async t => {
  const { send, advance, invocations, directory } = await start(
    t,
    { source: { BatchSize: 1 } },
    { batchesAtOnce: 8 },
  )
  send({ meet: directory }, { meet: directory })
  await advance(0)
  assert.deepEqual(
    invocations.map(({ error }) => error),
    [undefined, undefined],
  )
})

test('keeps a process for what comes next, and starts another one when it is gone', async t => {
  const { invoke } = await start(t)
  const processOf = async (event: object) =>
    ((await invoke('eu-west-3-probe', event)).result as { process: number } | undefined)?.process
  const first = await processOf({ print: 'one' })
  assert.equal(await processOf({ print: 'two' }), first)
  assert.equal(await processOf({ exit: 3 }), undefined)
  const second = await processOf({})
  assert.ok(second !== undefined && second !== first)
  const { lines } = await invoke('eu-west-3-probe', { print: 'three' })
  assert.deepEqual(lines, ['three'])
})

test('refuses what it does not know of rules, queues and sources', async t => {
  const refused: [Pieces, RegExp][] = [
    [
      { rule: { EventPattern: { source: [{ 'anything-but': 'x' }] } } },
      /Rule: .* pattern \{"anything-but":"x"\}/,
    ],
    [{ rule: { EventPattern: { $or: [] } } }, /Rule: .* pattern "\$or"/],
    [{ rule: { EventPattern: undefined, ScheduleExpression: 'rate(1 day)' } }, /knows rules with a pattern/],
    [{ rule: { EventBusName: 'mine' } }, /default event bus only/],
    [{ rule: { Targets: [{ Arn: arnOf('Probe'), Id: 'a' }] } }, /knows queues of the same stack/],
    [
      { rule: { Targets: [{ Arn: arnOf('Work'), Id: 'a', InputPath: '$.detail' }] } },
      /InputPath of a target/,
    ],
    [
      { rule: { Targets: [{ Arn: arnOf('Work'), Id: 'a', DeadLetterConfig: { Arn: arnOf('Probe') } }] } },
      /no queue/,
    ],
    [{ policy: { Queues: [{ Ref: 'Queue' }] } }, /no policy lets EventBridge send to Work/],
    [{ queue: { FifoQueue: true } }, /standard queues only/],
    [{ queue: { DelaySeconds: 5 } }, /no delay/],
    [{ queue: { VisibilityTimeout: 20 } }, /before Probe has had its time/],
    [{ source: { EventSourceArn: arnOf('Probe') } }, /as sources of events/],
    [{ source: { FunctionName: { Ref: 'Bucket' } } }, /no function of the stack/],
    [{ source: { BatchSize: 11 } }, /need a window/],
    [{ source: { FilterCriteria: { Filters: [] } } }, /filters no messages/],
  ]
  for (const [changes, message] of refused)
    assert.throws(() => startProbe(t, { resources: resources(changes) }), message)
})

test('leaves alone a rule that hears of nothing that there is here', t => {
  const topic = [{ Arn: { Ref: 'Topic' }, Id: 'a', InputTransformer: {} }]
  const EventPattern = { source: ['aws.s3'], 'detail-type': ['Object Deleted'] }
  const { rules } = startProbe(t, { resources: resources({ rule: { EventPattern, Targets: topic } }) })
  assert.deepEqual(rules, [])
})

test('matches patterns as EventBridge documents them', () => {
  const event = {
    source: 'aws.s3',
    count: 5,
    on: true,
    none: null,
    list: ['a', 'b'],
    detail: { key: 'a/b*c/d.json' },
  }
  const matching: object[] = [
    {},
    { source: ['aws.ec2', 'aws.s3'] },
    { count: [5], on: [true], none: [null] },
    { list: ['b'] },
    { detail: { key: [{ prefix: 'a/' }] } },
    { detail: { key: [{ suffix: '.json' }] } },
    { detail: { key: [{ prefix: 'x' }, { suffix: 'd.json' }] } },
    { detail: { key: [{ wildcard: '*' }] } },
    { detail: { key: [{ wildcard: 'a/*/d.json' }] } },
    { detail: { key: [{ wildcard: 'a*/b\\*c/*.json' }] } },
  ]
  for (const pattern of matching) assert.ok(compilePattern(pattern, 'p')(event), JSON.stringify(pattern))
  const failing: object[] = [
    { source: [] },
    { source: ['AWS.S3'] },
    { source: ['aws.s'] },
    { count: ['5'] },
    { missing: ['x'] },
    { none: [{ prefix: '' }] },
    { detail: ['key'] },
    { source: { key: ['x'] } },
    { source: ['aws.s3'], count: [6] },
    { detail: { key: [{ wildcard: 'a/b' }] } },
    { detail: { key: [{ wildcard: 'a/b\\*' }] } },
    { detail: { key: [{ wildcard: '*.jsonx' }] } },
    { detail: { key: [{ wildcard: 'a.b*c/d.json' }] } },
  ]
  for (const pattern of failing) assert.ok(!compilePattern(pattern, 'p')(event), JSON.stringify(pattern))
})
