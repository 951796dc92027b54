import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { SANDBOX_CREDENTIALS } from '../../sandbox/s3/server.ts'
import { type QueueSettings, Queues } from '../../sandbox/sqs/queues.ts'
import { startSqs } from '../../sandbox/sqs/server.ts'

const MINUTE = 60_000
const SETTINGS: QueueSettings = { visibilityTimeout: MINUTE, retention: 60 * MINUTE }
const bodiesOf = (messages: readonly { body: string }[]) => messages.map(({ body }) => body)

async function serve(t: TestContext, clock = { now: Date.now() }) {
  const queues = new Queues(() => clock.now)
  queues.deploy('work', SETTINGS)
  const place = { region: 'eu-west-3', credentials: SANDBOX_CREDENTIALS }
  const sqs = await startSqs({ ...place, queues, now: () => clock.now })
  const clientWith = (credentials = SANDBOX_CREDENTIALS, region = place.region) => {
    const endpoint = sqs.endpoint
    const client = new SQSClient({ region, endpoint, credentials: { ...credentials }, maxAttempts: 1 })
    t.after(() => client.destroy())
    return client
  }
  t.after(() => sqs.close())
  const QueueUrl = `${sqs.endpoint}/000000000000/work`
  const client = clientWith()
  const send = (Entries: SendMessageBatchCommandInput['Entries']) =>
    client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  return { queues, clock, client, clientWith, send, QueueUrl }
}

test('takes single messages and batches as the SDK sends them, which holds the answer against what it sent', async t => {
  const { queues, client, send, QueueUrl } = await serve(t)
  const { MessageId } = await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'grün' }))
  const { Successful, Failed } = await send([
    { Id: 'a', MessageBody: '{"shard":1}' },
    { Id: 'b', MessageBody: '{"shard":2}' },
  ])
  assert.deepEqual([Successful?.map(({ Id }) => Id), Failed], [['a', 'b'], []])
  assert.deepEqual(bodiesOf(queues.messages('work')), ['grün', '{"shard":1}', '{"shard":2}'])
  assert.equal(queues.messages('work')[0]?.id, MessageId)
})

test('refuses what SQS refuses, and what a message of the sandbox has no room for', async t => {
  const { client, send, queues, QueueUrl } = await serve(t)
  const entry = (Id: string, MessageBody = 'x') => ({ Id, MessageBody })
  const refused: [() => Promise<unknown>, string][] = [
    [
      () => client.send(new SendMessageCommand({ QueueUrl: `${QueueUrl}er`, MessageBody: 'x' })),
      'QueueDoesNotExist',
    ],
    [() => client.send(new SendMessageCommand({ QueueUrl, MessageBody: '' })), 'MissingParameter'],
    [() => send([]), 'EmptyBatchRequest'],
    [() => send([entry('a'), entry('a')]), 'BatchEntryIdsNotDistinct'],
    [() => send([entry('a b')]), 'InvalidBatchEntryId'],
    [() => send(Array.from({ length: 11 }, (_, at) => entry(String(at)))), 'TooManyEntriesInBatchRequest'],
    [
      () => send([entry('a', 'x'.repeat(2 ** 19)), entry('b', 'x'.repeat(2 ** 19 + 1))]),
      'BatchRequestTooLong',
    ],
    [() => send([{ ...entry('a'), DelaySeconds: 5 }]), 'UnsupportedOperation'],
  ]
  for (const [sending, name] of refused) await assert.rejects(sending(), { name })
  assert.deepEqual(queues.messages('work'), [])
})

test('refuses another secret, another region and a clock that is wrong', async t => {
  const { clientWith, clock, QueueUrl } = await serve(t)
  const send = (client: SQSClient) => client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
  const another = clientWith({ ...SANDBOX_CREDENTIALS, secretAccessKey: 'another' })
  await assert.rejects(send(another), { name: 'SignatureDoesNotMatch' })
  await assert.rejects(send(clientWith(SANDBOX_CREDENTIALS, 'us-east-1')), {
    name: 'AuthorizationHeaderMalformed',
  })
  clock.now += 16 * MINUTE
  await assert.rejects(send(clientWith()), { name: 'RequestTimeTooSkewed' })
})

test('shows a message again that nobody removed, and forgets it in time', async t => {
  const { queues, clock } = await serve(t)
  queues.send('work', 'a')
  assert.deepEqual(bodiesOf(queues.receive('work', 10).received), ['a'])
  assert.deepEqual(queues.receive('work', 10).received, [])
  assert.equal(queues.nextVisible('work'), clock.now + MINUTE)
  clock.now += MINUTE
  const [again] = queues.receive('work', 10).received
  assert.deepEqual([again?.receives, again?.firstReceivedAt], [2, clock.now - MINUTE])
  clock.now += 59 * MINUTE
  assert.deepEqual([queues.receive('work', 10).received, queues.messages('work')], [[], []])
})

test('removes what was received, and nothing that was received again since', async t => {
  const { queues, clock } = await serve(t)
  queues.send('work', 'a')
  const [first] = queues.receive('work', 1).received
  clock.now += MINUTE
  const [second] = queues.receive('work', 1).received
  assert.ok(first && second)
  queues.remove('work', first)
  assert.equal(queues.messages('work').length, 1)
  queues.remove('work', second)
  assert.deepEqual([queues.messages('work'), queues.nextVisible('work')], [[], undefined])
})

test('puts into the queue for dead letters what was received too often', async t => {
  const { queues, clock } = await serve(t)
  queues.deploy('dead', SETTINGS)
  queues.send('work', 'a')
  queues.deploy('work', { ...SETTINGS, redrive: { deadLetters: 'dead', mostReceives: 2 } })
  for (const receives of [1, 2]) {
    const { received, dead } = queues.receive('work', 10)
    assert.deepEqual([received.map(message => message.receives), dead], [[receives], []])
    clock.now += MINUTE
  }
  const { received, dead } = queues.receive('work', 10)
  assert.deepEqual([received, bodiesOf(dead)], [[], ['a']])
  assert.deepEqual([queues.messages('work'), bodiesOf(queues.messages('dead'))], [[], ['a']])
})

test('scatters by a seed: in any order, some twice, none never', async t => {
  const { queues, clock } = await serve(t)
  const sent = Array.from({ length: 50 }, (_, at) => String(at))
  const deliver = (seed: number) => {
    queues.scatter({ seed, twice: 0.3 })
    for (const body of sent) queues.send('work', body)
    const delivered: string[] = []
    for (const end = clock.now + MINUTE; clock.now <= end; clock.now += 1000) {
      for (let { received } = queues.receive('work', 7); received.length > 0; ) {
        for (const message of received) queues.remove('work', message)
        delivered.push(...bodiesOf(received))
        received = queues.receive('work', 7).received
      }
    }
    return delivered
  }
  const once = deliver(1)
  assert.deepEqual(new Set(once), new Set(sent))
  assert.ok(once.length > sent.length && once.length < 2 * sent.length)
  assert.notDeepEqual(once.slice(0, 10), sent.slice(0, 10))
  assert.notDeepEqual(deliver(2), once)
  assert.deepEqual(deliver(1), once)
})
