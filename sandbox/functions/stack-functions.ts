import { randomUUID } from 'node:crypto'
import { readAssembly } from './assembly.ts'
import { type Invocation, invokeOnce, type Surroundings } from './invoke.ts'
import { type Measured, metricsIn } from './metrics.ts'
import { eventOf, findSchedules, lateness, type Schedule } from './schedule.ts'
import { findFunctions, type StackFunction } from './stack-function.ts'

/** Delivery is at least once: a duplicate comes after the first has ended, or while it is at work. */
export type Delivery = 'once' | 'twice' | 'together'

export interface StackFunctionsOptions extends Surroundings {
  /** Of a synthesized assembly: `cdk.out`. */
  assembly: string
  /** Of the firing of that number, from 0, of all schedules together; once by default. */
  deliver?: (number: number) => Delivery
}

export interface StackFunctions {
  readonly functions: readonly StackFunction[]
  readonly schedules: readonly Schedule[]
  /** Each attempt, in the order in which they ended. */
  readonly invocations: readonly Invocation[]
  /** The last attempt of each event that was given up and put into a queue. */
  readonly deadLetters: readonly (Invocation & { readonly queue: string })[]
  /** Moves the clock on, in milliseconds; what becomes due on the way is done at its time, one after the other. */
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
  const { assembly, clock, deliver = () => 'once' } = options
  const stacks = readAssembly(assembly).map(stack => {
    const functions = findFunctions(stack, options)
    return { functions, schedules: findSchedules(stack, options, functions) }
  })
  const functions = stacks.flatMap(stack => stack.functions)
  const schedules = stacks.flatMap(stack => stack.schedules)
  const invocations: Invocation[] = []
  const deadLetters: (Invocation & { queue: string })[] = []
  const agenda: Due[] = []
  let fired = 0

  async function attempt(called: StackFunction, event: unknown, requestId: string, number: number) {
    const invocation = await invokeOnce(called, options, event, requestId)
    invocations.push(invocation)
    if (invocation.error === undefined) return
    if (number < called.attempts) {
      const time = clock.now() + (WAITS[number - 1] ?? 0)
      agenda.push({ time, run: () => attempt(called, event, requestId, number + 1) })
    } else if (called.deadLetters !== undefined)
      deadLetters.push({ ...invocation, queue: called.deadLetters })
  }

  async function fire(schedule: Schedule, number: number, time: number) {
    plan(schedule, number + 1, time + schedule.every)
    const event = eventOf(schedule, number, time)
    const requestId = randomUUID()
    const once = () => attempt(schedule.target, event, requestId, 1)
    const delivery = deliver(fired++)
    if (delivery === 'together') await Promise.all([once(), once()])
    else await once()
    if (delivery === 'twice') await once()
  }

  function plan(schedule: Schedule, number: number, time: number) {
    agenda.push({ time: time + lateness(schedule, number), run: () => fire(schedule, number, time) })
  }

  const start = Math.floor(clock.now() / 1000) * 1000
  for (const schedule of schedules) plan(schedule, 0, start)
  const moveTo = (time: number) => {
    if (time > clock.now()) clock.set(time)
  }

  return {
    ...{ functions, schedules, invocations, deadLetters },
    async advance(duration) {
      const end = clock.now() + duration
      for (;;) {
        const next = agenda.toSorted((a, b) => a.time - b.time)[0]
        if (next === undefined || next.time > end) break
        agenda.splice(agenda.indexOf(next), 1)
        moveTo(next.time)
        await next.run()
      }
      moveTo(end)
    },
    async invoke(functionName, event) {
      const called = functions.find(({ name }) => name === functionName)
      if (!called) throw new Error(`there is no function ${functionName}`)
      const invocation = await invokeOnce(called, options, event, randomUUID())
      invocations.push(invocation)
      return invocation
    },
    metric: name =>
      invocations.flatMap(({ lines }) => metricsIn(lines)).findLast(measured => measured.name === name),
  }
}
