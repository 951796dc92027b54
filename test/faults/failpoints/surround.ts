import { setTimeout as wait } from 'node:timers/promises'
import { type Action, type Outside, pass } from './fault.ts'

/** A call to the outside, between its two failpoints. */
export interface Call<T> {
  outside: Outside
  /** `release.unlink` */
  name: string
  /** What the outside would answer with that code. */
  refusal(code: string): Error
  /** What happens also when it is refused or ended: `close` closes, a file that is written is there, but empty. */
  begin?(): unknown
  /** Undoes what nobody else could when the answer gets lost: a descriptor that was opened. */
  takeBack?(result: T): unknown
}

export async function surround<T>(call: Call<T>, work: () => Promise<T>): Promise<T> {
  const before = pass(call.outside, call.name, 'before')
  if (before && before.kind !== 'delay') await call.begin?.()
  await pause(happen(before, call))
  const result = await work()
  const after = pass(call.outside, call.name, 'after')
  if (after?.kind === 'error') await call.takeBack?.(result)
  await pause(happen(after, call))
  return result
}

export function surroundSync<T>(call: Call<T>, work: () => T): T {
  const before = pass(call.outside, call.name, 'before')
  if (before && before.kind !== 'delay') call.begin?.()
  sleep(happen(before, call))
  const result = work()
  const after = pass(call.outside, call.name, 'after')
  if (after?.kind === 'error') call.takeBack?.(result)
  sleep(happen(after, call))
  return result
}

/** Answers how many milliseconds to wait. */
function happen(action: Action | undefined, { refusal }: Pick<Call<never>, 'refusal'>): number {
  if (action?.kind === 'kill') process.kill(process.pid, 'SIGKILL')
  if (action?.kind === 'error') throw refusal(action.code)
  return action?.kind === 'delay' ? action.ms : 0
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await wait(ms)
}

function sleep(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
