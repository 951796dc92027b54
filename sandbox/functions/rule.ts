import type { StackTemplate } from './assembly.ts'
import { compilePattern, type Matches } from './event-pattern.ts'
import { OBJECT_CREATED } from './object-created.ts'
import { idOfArn, type Place, resolveText } from './resolve.ts'
import type { StackQueue } from './stack-queue.ts'

/** A rule of EventBridge that hears of new objects, and the queues that it sends what it hears to. */
export interface Rule {
  readonly id: string
  readonly matches: Matches
  readonly targets: readonly StackQueue[]
}

interface Properties {
  State?: string
  EventBusName?: unknown
  ScheduleExpression?: string
  EventPattern?: Record<string, unknown>
  Targets?: Target[]
}

interface Target {
  Arn: unknown
  Id: string
  DeadLetterConfig?: { Arn?: unknown }
  RetryPolicy?: unknown
}

/** What is there of a target when a queue gets the whole event; the last two are for events that cannot be sent, of which there are none. */
const KNOWN = ['Arn', 'Id', 'DeadLetterConfig', 'RetryPolicy']

/** Others than those that hear of new objects are left out: the sandbox has nothing to tell them. */
export function findRules(stack: StackTemplate, place: Place, queues: readonly StackQueue[]): Rule[] {
  return Object.entries(stack.resources).flatMap(([id, { Type, Properties }]) => {
    const properties = (Properties ?? {}) as unknown as Properties
    if (Type !== 'AWS::Events::Rule' || properties.State === 'DISABLED') return []
    const { EventPattern, ScheduleExpression, EventBusName, Targets = [] } = properties
    if (ScheduleExpression !== undefined || EventPattern === undefined)
      throw new Error(`${id}: the sandbox knows rules with a pattern, schedules by EventBridge Scheduler`)
    if (EventBusName !== undefined) throw new Error(`${id}: the sandbox knows the default event bus only`)
    if (!hearsOfNewObjects(EventPattern, id)) return []
    const matches = compilePattern(resolveValues(stack, place, EventPattern), id)
    return [{ id, matches, targets: Targets.map(target => queueOf(id, target, queues)) }]
  })
}

function hearsOfNewObjects({ source, 'detail-type': type }: Record<string, unknown>, id: string): boolean {
  const whence = { ...(source ? { source } : {}), ...(type ? { 'detail-type': type } : {}) }
  return compilePattern(whence, id)(OBJECT_CREATED)
}

function queueOf(id: string, target: Target, queues: readonly StackQueue[]): StackQueue {
  const unknown = Object.keys(target).filter(name => !KNOWN.includes(name))
  if (unknown.length > 0) throw new Error(`${id}: the sandbox does not know ${unknown} of a target`)
  const find = (arn: unknown) => queues.find(queue => queue.id === idOfArn(arn))
  const deadLetters = target.DeadLetterConfig?.Arn
  if (deadLetters !== undefined && !find(deadLetters))
    throw new Error(`${id}: what cannot be sent goes to no queue of the stack`)
  const queue = find(target.Arn)
  if (!queue) throw new Error(`${id}: the sandbox knows queues of the same stack as targets of rules`)
  if (!queue.takesEvents) throw new Error(`${id}: no policy lets EventBridge send to ${queue.id}`)
  return queue
}

/** Texts may have to be worked out wherever they stand. */
function resolveValues(stack: StackTemplate, place: Place, node: unknown): unknown {
  if (Array.isArray(node)) return node.map(each => resolveValues(stack, place, each))
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node)
  if (entries.some(([name]) => name === 'Ref' || name.startsWith('Fn::')))
    return resolveText(stack, place, node)
  return Object.fromEntries(entries.map(([name, inner]) => [name, resolveValues(stack, place, inner)]))
}
