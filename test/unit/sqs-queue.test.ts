import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { createRetry } from '../../core/aws/retry.ts'
import { createSqsQueue } from '../../core/aws/sqs-queue.ts'
import { allShards } from '../../core/model/blob-row.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { formatShardWork, type ShardWork } from '../../core/model/garbage-message.ts'

const URL = 'https://sqs.eu-central-1.amazonaws.com/111122223333/condemn'
const AT_ONCE = { attempts: 3, firstWait: 0, longestWait: 0 }
const works: ShardWork[] = allShards().map(shard => ({
  ...{ formatVersion: 1, phase: 'count', database: 'main' },
  ...{ report: `${'0'.repeat(16)}-${'1'.repeat(16)}`, shard },
}))

interface Asked {
  QueueUrl: string
  Entries: { Id: string; MessageBody: string }[]
}

/** Takes of each batch what `takes` says, and remembers what it was asked. */
function queueOf(takes: (asked: Asked, nth: number) => object) {
  const asked: Asked[] = []
  const send = async ({ input }: { input: Asked }) => {
    asked.push(input)
    return takes(input, asked.length)
  }
  return { asked, queue: createSqsQueue(URL, { send } as unknown as SQSClient, createRetry(AT_ONCE)) }
}

const all = ({ Entries }: Asked) => ({ Successful: Entries.map(({ Id }) => ({ Id })) })
const bodiesOf = (asked: readonly Asked[]) =>
  asked.flatMap(({ Entries }) => Entries.map(entry => entry.MessageBody))

describe('the queue', () => {
  it('is sent everything, ten at a time, under ids that no two of a batch share', async () => {
    const { asked, queue } = queueOf(all)
    await queue.send(works)
    assert.deepEqual(bodiesOf(asked), works.map(formatShardWork))
    for (const { QueueUrl, Entries } of asked) {
      assert.equal(QueueUrl, URL)
      assert.ok(Entries.length <= 10)
      assert.equal(new Set(Entries.map(({ Id }) => Id)).size, Entries.length)
    }
  })

  it('is sent nothing when there is nothing', async () => {
    const { asked, queue } = queueOf(all)
    await queue.send([])
    assert.deepEqual(asked, [])
  })

  it('is sent again what it did not take, and nothing else', async () => {
    const first = ({ Entries }: Asked) => ({
      Successful: Entries.slice(0, 7).map(({ Id }) => ({ Id })),
      Failed: Entries.slice(7, 9).map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
    })
    const { asked, queue } = queueOf((input, nth) => (nth === 1 ? first(input) : all(input)))
    await queue.send(works.slice(0, 10))
    assert.deepEqual(bodiesOf(asked.slice(1)), works.slice(7, 10).map(formatShardWork))
  })

  it('is an outage when it takes nothing, or answers an error', async () => {
    const { asked, queue } = queueOf(() => ({}))
    await assert.rejects(queue.send(works.slice(0, 3)), BlobUnavailable)
    assert.equal(asked.length, 3)
    const broken = queueOf(() => {
      throw Object.assign(new Error('no'), { name: 'AccessDenied' })
    })
    await assert.rejects(broken.queue.send(works), { code: 'ACCESS_DENIED' })
  })
})
