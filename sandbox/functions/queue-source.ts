import { createHash, randomUUID } from 'node:crypto'
import type { QueuedMessage } from '../sqs/queues.ts'
import type { StackTemplate } from './assembly.ts'
import type { Invocation } from './invoke.ts'
import { idOfArn, type Place, SANDBOX_ACCOUNT } from './resolve.ts'
import type { StackFunction } from './stack-function.ts'
import type { StackQueue } from './stack-queue.ts'

/** An event source mapping: messages of a queue that a function is invoked with, in batches. */
export interface QueueSource {
  readonly id: string
  readonly queue: StackQueue
  readonly target: StackFunction
  readonly batchSize: number
  /** Whether the function says which messages of a batch it failed on. */
  readonly partial: boolean
  /** How many batches may be at work at once; `undefined` for as many as Lambda likes. */
  readonly mostAtOnce: number | undefined
}

interface Properties {
  Enabled?: boolean
  EventSourceArn: unknown
  FunctionName: { Ref?: string }
  BatchSize?: number
  MaximumBatchingWindowInSeconds?: number
  FunctionResponseTypes?: string[]
  ScalingConfig?: { MaximumConcurrency?: number }
  FilterCriteria?: unknown
}

/** Without a time to wait for more. */
const LARGEST_UNWAITED = 10

export function findQueueSources(
  stack: StackTemplate,
  queues: readonly StackQueue[],
  functions: readonly StackFunction[],
): QueueSource[] {
  return Object.entries(stack.resources).flatMap(([id, { Type, Properties }]) => {
    const properties = Properties as unknown as Properties
    if (Type !== 'AWS::Lambda::EventSourceMapping' || properties.Enabled === false) return []
    const { BatchSize = 10, MaximumBatchingWindowInSeconds: window = 0 } = properties
    const queue = queues.find(each => each.id === idOfArn(properties.EventSourceArn))
    if (!queue) throw new Error(`${id}: the sandbox knows queues of the same stack as sources of events`)
    const name = properties.FunctionName.Ref ?? idOfArn(properties.FunctionName)
    const target = functions.find(each => each.id === name)
    if (!target) throw new Error(`${id}: it is for no function of the stack`)
    if (properties.FilterCriteria) throw new Error(`${id}: the sandbox filters no messages`)
    // As Lambda refuses them.
    if (BatchSize > LARGEST_UNWAITED && window < 1)
      throw new Error(`${id}: batches of more than ${LARGEST_UNWAITED} need a window`)
    if (queue.visibilityTimeout < target.timeout)
      throw new Error(`${id}: ${queue.id} shows messages again before ${target.id} has had its time`)
    return [
      {
        ...{ id, queue, target, batchSize: BatchSize },
        partial: properties.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
        mostAtOnce: properties.ScalingConfig?.MaximumConcurrency,
      },
    ]
  })
}

/** What a function gets of a batch. */
export function eventOfBatch(messages: readonly QueuedMessage[], queue: StackQueue, { region }: Place) {
  return {
    Records: messages.map(({ id, body, sentAt, receives, firstReceivedAt }) => ({
      messageId: id,
      receiptHandle: randomUUID(),
      body,
      attributes: {
        ApproximateReceiveCount: String(receives),
        SentTimestamp: String(sentAt),
        SenderId: SANDBOX_ACCOUNT,
        ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
      },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${region}:${SANDBOX_ACCOUNT}:${queue.name}`,
      awsRegion: region,
    })),
  }
}

/** Those that do not come again; an answer that says nothing sensible of its failures is a failure of the whole batch. */
export function doneOf<Message extends { readonly id: string }>(
  messages: readonly Message[],
  { partial }: QueueSource,
  { error, result }: Pick<Invocation, 'error' | 'result'>,
): readonly Message[] {
  if (error !== undefined) return []
  if (!partial) return messages
  const { batchItemFailures: failures } = (result ?? {}) as { batchItemFailures?: unknown }
  if (failures === undefined || failures === null) return messages
  if (!Array.isArray(failures)) return []
  const failed = failures.map(each => (each as { itemIdentifier?: unknown } | null)?.itemIdentifier)
  const known = failed.every(id => messages.some(message => message.id === id))
  return known ? messages.filter(({ id }) => !failed.includes(id)) : []
}
