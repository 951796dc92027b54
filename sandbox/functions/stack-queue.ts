import type { QueueSettings } from '../sqs/queues.ts'
import type { Resource, StackTemplate } from './assembly.ts'
import { idOfArn, type Place, queueName } from './resolve.ts'

/** A queue as the template has it. */
export interface StackQueue extends QueueSettings {
  /** In the template. */
  readonly id: string
  readonly name: string
  /** Whether its policy lets EventBridge send to it. */
  readonly takesEvents: boolean
}

interface Properties {
  FifoQueue?: boolean
  DelaySeconds?: number
  VisibilityTimeout?: number
  MessageRetentionPeriod?: number
  RedrivePolicy?: { deadLetterTargetArn: unknown; maxReceiveCount: number | string }
}

interface Policy {
  Queues: { Ref?: string }[]
  PolicyDocument: { Statement: Statement[] }
}

interface Statement {
  Effect?: string
  Action?: string | string[]
  Principal?: { Service?: string | string[] }
}

const DAY = 86_400_000

export function findQueues(stack: StackTemplate, place: Place): StackQueue[] {
  return Object.entries(stack.resources)
    .filter(([, { Type }]) => Type === 'AWS::SQS::Queue')
    .map(([id, resource]) => describeQueue(stack, place, id, resource))
}

function describeQueue(stack: StackTemplate, place: Place, id: string, resource: Resource): StackQueue {
  const properties = (resource.Properties ?? {}) as unknown as Properties
  if (properties.FifoQueue) throw new Error(`${id}: the sandbox knows standard queues only`)
  if (properties.DelaySeconds) throw new Error(`${id}: the sandbox knows no delay of queues`)
  const { VisibilityTimeout = 30, MessageRetentionPeriod, RedrivePolicy } = properties
  return {
    ...{ id, name: queueName(stack, place, id) },
    visibilityTimeout: VisibilityTimeout * 1000,
    retention: MessageRetentionPeriod === undefined ? 4 * DAY : MessageRetentionPeriod * 1000,
    redrive: RedrivePolicy && {
      deadLetters: queueName(stack, place, idOfArn(RedrivePolicy.deadLetterTargetArn)),
      mostReceives: Number(RedrivePolicy.maxReceiveCount),
    },
    takesEvents: allowsEvents(stack, id),
  }
}

/** Of conditions it is taken that they hold. */
function allowsEvents({ resources }: StackTemplate, id: string): boolean {
  const statements = Object.values(resources).flatMap(({ Type, Properties }) => {
    const { Queues, PolicyDocument } = (Properties ?? {}) as unknown as Policy
    const isOfQueue = Type === 'AWS::SQS::QueuePolicy' && Queues.some(({ Ref }) => Ref === id)
    return isOfQueue ? PolicyDocument.Statement : []
  })
  return statements.some(
    ({ Effect, Action, Principal }) =>
      Effect === 'Allow' &&
      [Action].flat().includes('sqs:SendMessage') &&
      [Principal?.Service].flat().includes('events.amazonaws.com'),
  )
}
