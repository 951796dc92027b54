import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { BlobUnavailable } from '../model/errors.ts'
import { formatShardWork, type ShardWork } from '../model/garbage-message.ts'
import type { WorkQueue } from '../ports.ts'
import { createRetry, type Retry } from './retry.ts'
import { TIME_OUTS } from './s3-client.ts'
import { translateError } from './translate-error.ts'

const ATTEMPTS = 6
/** SQS's limit for one SendMessageBatch. */
const LARGEST_BATCH = 10

/** Its endpoint is that of the region, or what AWS_ENDPOINT_URL_SQS says, whatever the queue's URL says. */
export function createSqsClient(region: string): SQSClient {
  return new SQSClient({
    region,
    maxAttempts: ATTEMPTS,
    useQueueUrlAsEndpoint: false,
    requestHandler: { ...TIME_OUTS },
  })
}

/** The condemner's own queue. */
export function createSqsQueue(url: string, client: SQSClient, retry: Retry = createRetry()): WorkQueue {
  const subject = `sqs:${new URL(url).pathname.slice(1)}`

  /** Answers what was not taken; what an answer says nothing of is sent again, since a message may come twice. */
  async function sendBatch(works: readonly ShardWork[]): Promise<ShardWork[]> {
    const Entries = works.map((work, i) => ({ Id: String(i), MessageBody: formatShardWork(work) }))
    try {
      const { Successful = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
      const sent = new Set(Successful.map(({ Id }) => Id))
      return works.filter((_, i) => !sent.has(String(i)))
    } catch (error) {
      throw translateError(error, subject)
    }
  }

  return {
    async send(works) {
      for (let start = 0; start < works.length; start += LARGEST_BATCH) {
        let left = works.slice(start, start + LARGEST_BATCH)
        for (let attempts = 1; left.length > 0; attempts += 1) {
          left = await sendBatch(left)
          if (left.length > 0 && !(await retry.again(attempts))) throw notTaken(subject, left.length)
        }
      }
    },
  }
}

function notTaken(subject: string, count: number): BlobUnavailable {
  return new BlobUnavailable('SERVER_BUSY', `the queue does not take ${count} messages`, {
    subject,
    hint: 'it is tried again by itself',
  })
}
