import type { StackTemplate } from './assembly.ts'
import { findBuckets } from './object-created.ts'
import { findQueueSources, type QueueSource } from './queue-source.ts'
import type { Place } from './resolve.ts'
import { findRules, type Rule } from './rule.ts'
import { findSchedules, type Schedule } from './schedule.ts'
import { findFunctions, type StackFunction } from './stack-function.ts'
import { findQueues, type StackQueue } from './stack-queue.ts'

/** What the sandbox runs of the stacks of an assembly. */
export interface StackParts {
  readonly functions: readonly StackFunction[]
  readonly schedules: readonly Schedule[]
  readonly queues: readonly StackQueue[]
  readonly rules: readonly Rule[]
  readonly sources: readonly QueueSource[]
  /** Those with a name, and whether they tell EventBridge what happens in them. */
  readonly buckets: readonly { readonly name: string; readonly tells: boolean }[]
}

export function findParts(stacks: readonly StackTemplate[], place: Place): StackParts {
  const found = stacks.map(stack => findPartsOf(stack, place))
  return {
    functions: found.flatMap(({ functions }) => functions),
    schedules: found.flatMap(({ schedules }) => schedules),
    queues: found.flatMap(({ queues }) => queues),
    rules: found.flatMap(({ rules }) => rules),
    sources: found.flatMap(({ sources }) => sources),
    buckets: found.flatMap(({ buckets }) => buckets),
  }
}

function findPartsOf(stack: StackTemplate, place: Place): StackParts {
  const functions = findFunctions(stack, place)
  const queues = findQueues(stack, place)
  return {
    functions,
    queues,
    schedules: findSchedules(stack, place, functions),
    rules: findRules(stack, place, queues),
    sources: findQueueSources(stack, queues, functions),
    buckets: findBuckets(stack, place),
  }
}
