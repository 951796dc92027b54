import type { StackTemplate } from './assembly.ts'
import { idOfArn, type Place, resolveText } from './resolve.ts'
import type { StackFunction } from './stack-function.ts'

/** A schedule of EventBridge Scheduler as the template has it; durations in milliseconds. */
export interface Schedule {
  readonly name: string
  readonly every: number
  /** It fires up to that long after its time. */
  readonly window: number
  readonly target: StackFunction
  /** Text of JSON, with places for what is known only then. */
  readonly input: string
}

interface Properties {
  Name?: string
  State?: string
  ScheduleExpression: string
  StartDate?: string
  EndDate?: string
  FlexibleTimeWindow: { Mode: string; MaximumWindowInMinutes?: number }
  Target: { Arn: unknown; Input?: unknown }
}

const TYPE = 'AWS::Scheduler::Schedule'
const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/
const UNITS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Those that are enabled. */
export function findSchedules(
  stack: StackTemplate,
  place: Place,
  functions: readonly StackFunction[],
): Schedule[] {
  return Object.entries(stack.resources).flatMap(([id, { Type, Properties }]) => {
    const properties = Properties as unknown as Properties
    if (Type !== TYPE || properties.State === 'DISABLED') return []
    const { Name = id, ScheduleExpression, FlexibleTimeWindow, Target } = properties
    const [, count, unit = ''] = RATE.exec(ScheduleExpression) ?? []
    if (count === undefined) throw new Error(`${id}: the sandbox knows rate(…), not ${ScheduleExpression}`)
    if (properties.StartDate ?? properties.EndDate)
      throw new Error(`${id}: the sandbox knows no dates of schedules`)
    const target = functions.find(each => each.id === idOfArn(Target.Arn))
    if (!target) throw new Error(`${id}: the sandbox knows functions of the same stack as targets`)
    if (Target.Input === undefined) throw new Error(`${id}: a target of the sandbox needs an Input`)
    return [
      {
        name: Name,
        every: Number(count) * (UNITS[unit] ?? 0),
        window: windowOf(id, FlexibleTimeWindow),
        target,
        input: resolveText(stack, place, Target.Input),
      },
    ]
  })
}

function windowOf(id: string, { Mode, MaximumWindowInMinutes }: Properties['FlexibleTimeWindow']): number {
  if (Mode === 'OFF') return 0
  if (Mode === 'FLEXIBLE' && MaximumWindowInMinutes) return MaximumWindowInMinutes * 60_000
  throw new Error(`${id}: no flexible time window is ${Mode}`)
}

/** Irrational, so that the fractions of its multiples spread over the window. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/** How long after its time the firing of that number, from 0, comes: anywhere in the window, the same in each run. */
export function lateness({ window }: Schedule, number: number): number {
  return Math.floor(((number * GOLDEN) % 1) * window)
}

/** The event of the firing of that number, whose time is in milliseconds since 1970. */
export function eventOf({ name, input }: Schedule, number: number, time: number): unknown {
  const known: Record<string, string> = {
    'scheduled-time': `${new Date(time).toISOString().slice(0, 19)}Z`,
    'execution-id': number.toString(16).padStart(16, '0'),
    'attempt-number': '1',
  }
  const filled = input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (whole, attribute: string) => {
    return known[attribute] ?? unknownAttribute(name, whole)
  })
  return JSON.parse(filled)
}

function unknownAttribute(name: string, attribute: string): never {
  throw new Error(`${name}: the sandbox has nothing for ${attribute}`)
}
