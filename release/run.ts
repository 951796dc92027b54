import { spawnSync } from 'node:child_process'

export interface RunOptions {
  cwd: string
  env?: NodeJS.ProcessEnv
}

/** Answers the standard output; of a program that fails, all that it has said is told. Ten minutes at most. */
export function run(program: string, words: readonly string[], { cwd, env }: RunOptions): string {
  const { error, status, stdout, stderr } = spawnSync(program, words, {
    ...{ cwd, encoding: 'utf8', timeout: 600_000, maxBuffer: 2 ** 26 },
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (error !== undefined) throw error
  if (status !== 0)
    throw new Error(`${program} ${words.join(' ')}: exit status ${status}\n${stdout}${stderr}`)
  return stdout
}
