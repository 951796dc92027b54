import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { CLOCK_LAG } from '../clock.ts'
import type { S3StandIn } from '../s3/server.ts'
import type { Queues } from '../sqs/queues.ts'
import { readAssembly } from './assembly.ts'
import { createDeliver, type DeadLetter } from './deliveries.ts'
import { createInvoke, type Invocation, type Surroundings } from './invoke.ts'
import { type Measured, metricsIn } from './metrics.ts'
import { objectCreated } from './object-created.ts'
import { eventOf, lateness, type Schedule } from './schedule.ts'
import type { StackFunction } from './stack-function.ts'
import { findParts, type StackParts } from './stack-parts.ts'

/** Functions hear of a firing at least once: a duplicate comes after the first has ended, or while it is at work. */
export type Firing = 'once' | 'twice' | 'together'

export interface StackFunctionsOptions extends Surroundings {
  /** Of a synthesized assembly: `cdk.out`. */
  assembly: string
  /** Tells of new objects, where the template has it so. */
  s3: Pick<S3StandIn, 'onCreated'>
  /** Where those of the template are made. */
  queues: Queues
  /** Of the firing of that number, from 0, of all schedules together; once by default. */
  deliver?: (number: number) => Firing
  /** How many batches of a queue are at work at once, unless the template has fewer; one by default. */
  batchesAtOnce?: number
}

export interface StackFunctions extends StackParts {
  /** Each attempt, in the order in which they ended. */
  readonly invocations: readonly Invocation[]
  readonly deadLetters: readonly DeadLetter[]
  /**
   * Moves the clock on, in milliseconds; what becomes due on the way is done at its time, one after the other, and so is what
   * becomes due meanwhile: with 0, all that is due now and all that follows from it at once.
   */
  advance(duration: number): Promise<void>
  /** Once, as a person does who waits for the answer. */
  invoke(functionName: string, event: unknown): Promise<Invocation>
  /** The last that was told under this name. */
  metric(name: string): Measured | undefined
}

/** Before a second and a third attempt, in milliseconds. */
const WAITS = [60_000, 120_000]

interface Due {
  readonly time: number
  run(): Promise<void>
}

/** The functions of an assembly on its schedules, from now on; a schedule fires for the first time as soon as it is there. */
export function startStackFunctions(options: StackFunctionsOptions): StackFunctions {
  const { assembly, clock, s3, queues, deliver = () => 'once' } = options
  const parts = findParts(readAssembly(assembly), options)
  const { functions, schedules } = parts
  const deliverMessages = createDeliver(parts, {
    ...{ ...options, batchesAtOnce: options.batchesAtOnce ?? 1, invoke: invokeOnce },
  })
  const invoke = createInvoke(options)
  const invocations: Invocation[] = []
  const deadLetters: DeadLetter[] = []
  const agenda: Due[] = []
  let fired = 0

  for (const queue of parts.queues) queues.deploy(queue.name, queue)
  for (const { name, tells } of parts.buckets) {
    s3.onCreated(name, tells ? object => hear(objectCreated(object, options)) : undefined)
  }

  function hear(event: object) {
    const targets = parts.rules.filter(({ matches }) => matches(event)).flatMap(rule => rule.targets)
    for (const { name } of targets) queues.send(name, JSON.stringify(event))
  }

  async function invokeOnce(called: StackFunction, event: unknown, requestId: string) {
    const invocation = await invoke(called, event, requestId)
    invocations.push(invocation)
    return invocation
  }

  async function attempt(called: StackFunction, event: unknown, requestId: string, number: number) {
    const { error } = await invokeOnce(called, event, requestId)
    if (error === undefined) return
    if (number < called.attempts) {
      const time = clock.now() + (WAITS[number - 1] ?? 0)
      agenda.push({ time, run: () => attempt(called, event, requestId, number + 1) })
    } else if (called.deadLetters !== undefined) {
      const queue = parts.queues.find(({ id }) => id === called.deadLetters)
      if (queue) queues.send(queue.name, JSON.stringify(event))
      deadLetters.push({ queue: called.deadLetters, event, error })
    }
  }

  async function fire(schedule: Schedule, number: number, time: number) {
    plan(schedule, number + 1, time + schedule.every)
    const event = eventOf(schedule, number, time)
    const requestId = randomUUID()
    const once = () => attempt(schedule.target, event, requestId, 1)
    const firing = deliver(fired++)
    if (firing === 'together') await Promise.all([once(), once()])
    else await once()
    if (firing === 'twice') await once()
  }

  function plan(schedule: Schedule, number: number, time: number) {
    agenda.push({ time: time + lateness(schedule, number), run: () => fire(schedule, number, time) })
  }

  function nextDue(): Due | undefined {
    const visible = parts.sources.flatMap(source => {
      const time = queues.nextVisible(source.queue.name)
      const run = async () => void deadLetters.push(...(await deliverMessages(source)))
      return time === undefined ? [] : [{ time, run }]
    })
    return [...agenda, ...visible].toSorted((a, b) => a.time - b.time)[0]
  }

  const start = Math.floor(clock.now() / 1000) * 1000
  for (const schedule of schedules) plan(schedule, 0, start)
  /** A function that is warm already must not start in the time before. */
  const moveTo = async (time: number) => {
    if (time <= clock.now()) return
    clock.set(time)
    await delay(CLOCK_LAG)
  }

  return {
    ...{ ...parts, invocations, deadLetters },
    async advance(duration) {
      const end = clock.now() + duration
      for (;;) {
        const next = nextDue()
        if (next === undefined || next.time > Math.max(end, clock.now())) break
        if (agenda.includes(next)) agenda.splice(agenda.indexOf(next), 1)
        await moveTo(next.time)
        await next.run()
      }
      await moveTo(end)
    },
    async invoke(functionName, event) {
      const called = functions.find(({ name }) => name === functionName)
      if (!called) throw new Error(`there is no function ${functionName}`)
      return await invokeOnce(called, event, randomUUID())
    },
    metric: name =>
      invocations.flatMap(({ lines }) => metricsIn(lines)).findLast(measured => measured.name === name),
  }
}
