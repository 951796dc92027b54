import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const LAUNCHER = fileURLToPath(new URL('../../client/bin/nice-blobs.js', import.meta.url))

/** The command line as a host has it, in a process of its own. */

export interface Ran {
  status: number | null
  out: string
  err: string
}

export function startCommand(words: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [LAUNCHER, ...words], { env })
}

/** To its end, whatever that is. */
export async function runCommand(words: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<Ran> {
  const child = spawn(process.execPath, [LAUNCHER, ...words], { env })
  // Whoever ends early does not read.
  child.stdin.on('error', () => undefined).end(input)
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { status, out, err }
}

/** Likewise, where only a good end will do; answers what it printed. */
export async function requireCommand(...command: Parameters<typeof runCommand>): Promise<string> {
  const { status, out, err } = await runCommand(...command)
  assert.equal(status, 0, `nice-blobs ${command[0].join(' ')}: ${err}`)
  return out
}
