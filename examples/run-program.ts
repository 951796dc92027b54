import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** A program that ended; null where a signal ended it. */
export interface Ran {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** To its end, whatever that is. */
export async function runProgram(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  input = '',
  signal?: AbortSignal,
): Promise<Ran> {
  const [program = '', ...rest] = words
  const child = spawn(program, rest, { env, ...(signal && { signal }) })
  // Whoever ends early does not read.
  child.stdin.on('error', () => undefined).end(input)
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { status, out, err }
}

/** Likewise, where any other end than a good one is a fault; answers its output. */
export async function requireProgram(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  const { status, out, err } = await runProgram(words, env, '', signal)
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}:\n${err}`)
  return out
}
