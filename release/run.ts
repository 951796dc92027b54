import { execFileSync } from 'node:child_process'

export interface RunOptions {
  cwd: string
  env?: NodeJS.ProcessEnv
}

/** Ten minutes at most; what a program that fails has said is told. Answers its standard output. */
export function run(program: string, words: readonly string[], { cwd, env }: RunOptions): string {
  return execFileSync(program, words, {
    ...{ cwd, encoding: 'utf8', timeout: 600_000, maxBuffer: 2 ** 26 },
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
