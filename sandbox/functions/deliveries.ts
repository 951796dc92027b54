import { randomUUID } from 'node:crypto'
import type { Queues } from '../sqs/queues.ts'
import type { Invocation } from './invoke.ts'
import { doneOf, eventOfBatch, type QueueSource } from './queue-source.ts'
import type { Place } from './resolve.ts'
import type { FunctionError } from './runtime.ts'
import type { StackParts } from './stack-parts.ts'

/** What was given up, and the logical id of the queue where it lies. */
export interface DeadLetter {
  readonly queue: string
  /** The event of an invocation, or the body of a message. */
  readonly event: unknown
  /** Of the last attempt; a message may have failed together with others. */
  readonly error?: FunctionError | undefined
}

interface DeliveriesOptions extends Place {
  queues: Queues
  /** Of one queue, unless the template has fewer. */
  batchesAtOnce: number
  invoke(target: QueueSource['target'], event: unknown, requestId: string): Promise<Invocation>
}

/** Hands a function the messages that can be received of its queue now; answers what went into a queue for dead letters instead. */
export type Deliver = (source: QueueSource) => Promise<DeadLetter[]>

export function createDeliver(parts: StackParts, options: DeliveriesOptions): Deliver {
  const { queues, batchesAtOnce, invoke } = options

  async function takeBatch(source: QueueSource): Promise<DeadLetter[]> {
    const { queue, target, batchSize } = source
    const { received, dead } = queues.receive(queue.name, batchSize)
    if (received.length > 0) {
      const invocation = await invoke(target, eventOfBatch(received, queue, options), randomUUID())
      for (const message of doneOf(received, source, invocation)) queues.remove(queue.name, message)
    }
    const grave = parts.queues.find(({ name }) => name === queue.redrive?.deadLetters)
    return dead.map(({ body }) => ({ queue: grave?.id ?? '', event: body }))
  }

  return async source => {
    const { mostAtOnce = batchesAtOnce } = source
    const batches = Array.from({ length: Math.min(batchesAtOnce, mostAtOnce) }, () => takeBatch(source))
    return (await Promise.all(batches)).flat()
  }
}
