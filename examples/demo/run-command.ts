import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Ran, runProgram } from '../run-program.ts'

const LAUNCHER = fileURLToPath(new URL('../../client/bin/nice-blobs.js', import.meta.url))

/** The command line as a host has it, in a process of its own. */

export function startCommand(words: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [LAUNCHER, ...words], { env })
}

/** To its end, whatever that is. */
export function runCommand(words: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<Ran> {
  return runProgram([process.execPath, LAUNCHER, ...words], env, input)
}

/** Likewise, where only a good end will do; answers what it printed. */
export async function requireCommand(...command: Parameters<typeof runCommand>): Promise<string> {
  const { status, out, err } = await runCommand(...command)
  assert.equal(status, 0, `nice-blobs ${command[0].join(' ')}: ${err}`)
  return out
}
