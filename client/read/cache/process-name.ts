import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who has claimed something, so that others can tell whether it still lives. */
export interface ProcessName {
  /** Boot and process namespace: within one of these a pid says something. */
  place: string
  pid: number
  /** Since a pid is given again; clock ticks since boot. */
  started: string
  /** One thread of it. */
  thread: string
}

export const OWN_NAME: ProcessName = {
  place: placeName(),
  pid: process.pid,
  started: startOf(process.pid) ?? '',
  thread: randomUUID(),
}

/** Undefined when it lives in another container of this host, where we cannot look. */
export function isAlive({ place, pid, started }: ProcessName): boolean | undefined {
  if (place !== OWN_NAME.place) return sameBoot(place) ? undefined : false
  if (OWN_NAME.started !== '') return startOf(pid) === started
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function placeName(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

function sameBoot(place: string): boolean {
  return place.split(' ')[0] === OWN_NAME.place.split(' ')[0]
}

/** The 22nd field of proc(5) `stat`; the second, a name in parentheses, may hold anything. A zombie has none. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...others] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : others[18]
  } catch {
    return undefined
  }
}
