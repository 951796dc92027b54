import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * A process that is simulated within this one: at each of its steps, which are the calls of a port, their answers and the changes
 * on the disk, it can die, or stand still while others work. What it does to the disk it does one after the other: which step
 * is the nth must not depend on who is faster.
 */
export interface Process {
  readonly name: string
  dead: boolean
  trap?: Trap | undefined
  /** Told when it has removed a file. */
  removed?(): void
}

export interface Trap {
  /** So many steps from now on. */
  at: number
  sprung: boolean
  /** The process stands still for that long; what is answered, it does itself, before it goes on. */
  strike(): Promise<(() => Promise<void>) | undefined>
}

export class Death extends Error {}

let last: Trap | undefined
/** Whether the last trap that was set has sprung; if not, there are no more steps. */
export const hasSprung = (): boolean => last?.sprung === true

/** `strike` comes at the nth step from now on. */
export function setTrap(
  process: Process,
  at: number,
  strike: () => Promise<(() => Promise<void>) | undefined | void>,
): void {
  last = { at, sprung: false, strike: async () => (await strike()) ?? undefined }
  process.trap = last
}

const running = new AsyncLocalStorage<Activity>()
/** What a process is asked for, and how many steps that has taken. */
export interface Activity {
  readonly process: Process
  taken: number
}
const frozen = new WeakMap<Process, Promise<void>>()

export function within<T>(
  process: Process,
  work: () => Promise<T>,
  activity: Activity = { process, taken: 0 },
): Promise<T> {
  return running.run(activity, work)
}

export const currentProcess = (): Process | undefined => running.getStore()?.process

/** Before anything that others can see, and after it. */
export async function step(): Promise<void> {
  const activity = running.getStore()
  if (!activity) return
  const { process } = activity
  while (frozen.has(process)) await frozen.get(process)
  requireAlive(process)
  activity.taken += 1
  const { trap } = process
  if (!trap || trap.sprung || trap.at-- > 0) return
  trap.sprung = true
  const afterwards = await standStill(process, trap)
  requireAlive(process)
  await afterwards?.()
}

async function standStill(process: Process, trap: Trap) {
  let thaw = () => {}
  frozen.set(process, new Promise(resolve => (thaw = resolve)))
  try {
    return await running.exit(() => trap.strike())
  } finally {
    frozen.delete(process)
    thaw()
  }
}

export function requireAlive({ dead, name }: Process): void {
  if (dead) throw new Death(`${name} is dead`)
}
