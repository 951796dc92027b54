import { appendFileSync } from 'node:fs'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'

/** Which call shall go wrong, and how. One fault is armed at a time, for all threads of the process together. */

export type Side = 'before' | 'after'
export type Outside = 'disk' | 'server' | 'database'
export type Action = { kind: 'kill' } | { kind: 'delay'; ms: number } | { kind: 'error'; code: string }

export interface Fault {
  /** `release.unlink`; every failpoint when absent. */
  name?: string
  side: Side
  action: Action
  /** From 1: the nth time that such a failpoint is passed. */
  nth: number
  /** Only calls to this outside count. */
  only?: Outside
}

const LONGEST_NAME = 200
const KEY = 'failpoints'

/** Shared memory, so that it is one count whichever thread passes. */
interface Armed {
  fault: Fault
  passed: Int32Array<SharedArrayBuffer>
  reached: Uint8Array<SharedArrayBuffer>
}

let armed = getEnvironmentData(KEY) as unknown as Armed | undefined
let record: ((failpoint: string) => void) | undefined

/** For this thread and those it starts from now on. */
export function arm(fault: Fault): void {
  const passed = new Int32Array(new SharedArrayBuffer(4))
  armed = { fault, passed, reached: new Uint8Array(new SharedArrayBuffer(LONGEST_NAME)) }
  setEnvironmentData(KEY, armed as never)
}

/** The failpoint at which the fault happened; undefined when fewer were passed. */
export function disarm(): string | undefined {
  const reached = armed && Buffer.from(armed.reached).toString().replace(/\0+$/, '')
  armed = undefined
  setEnvironmentData(KEY, undefined as never)
  return reached || undefined
}

/** Adds every failpoint passed to a file, a line each, and each once for every thread. */
export function recordTo(file: string): void {
  const known = new Set<string>()
  const append = appendFileSync
  record = failpoint => {
    if (!known.has(failpoint)) append(file, `${failpoint}\n`)
    known.add(failpoint)
  }
}

/** Told by every failpoint when it is passed; answers what shall happen there. */
export function pass(outside: Outside, name: string, side: Side): Action | undefined {
  record?.(`${name}:${side}`)
  if (!armed) return undefined
  const { fault, passed, reached } = armed
  if (fault.side !== side || (fault.only ?? outside) !== outside || (fault.name ?? name) !== name)
    return undefined
  if (Atomics.add(passed, 0, 1) + 1 !== fault.nth) return undefined
  Buffer.from(reached.buffer).write(`${name}:${side}`)
  return fault.action
}

/** `release.unlink:after:error=EIO`, `receive.open:before:kill:2`, `archive.put:before:delay=50` */
export function parseFault(text: string): Fault {
  const [, name, side, action = '', nth = '1'] =
    /^([\w.-]+):(before|after):(kill|delay=\d+|error=\w+)(?::(\d+))?$/.exec(text) ?? []
  if (name === undefined) throw new Error(`BLOBS_FAILPOINT is no <name>:<side>:<action>[:<nth>]: ${text}`)
  return { name, side: side as Side, action: parseAction(action), nth: Number(nth) }
}

function parseAction(text: string): Action {
  const [kind, value = ''] = text.split('=')
  if (kind === 'delay') return { kind, ms: Number(value) }
  return kind === 'error' ? { kind, code: value } : { kind: 'kill' }
}
