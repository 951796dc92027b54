import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { copyTree, scratch, type TreeName } from '../flows/setting.ts'

/** The command as its users run it: the launcher, in a process of its own, against a sandbox. */

export const LAUNCHER = fileURLToPath(new URL('../../client/bin/nice-blobs.js', import.meta.url))

export interface Ran {
  status: number | null
  out: string
  err: string
  /** Lines of JSON on standard output. */
  events: Record<string, unknown>[]
}

export interface Installation {
  sandbox: Sandbox
  base: string
  volume: string
  cache: string
  configFile: string
  environment: Record<string, string>
  run(...words: string[]): Promise<Ran>
  /** One that goes on until it is told to end, which it is as soon as it has said that it serves. */
  runUntilServing(...words: string[]): Promise<Ran>
  spawn(...words: string[]): ChildProcess
}

export async function install(
  test: TestContext,
  tree: TreeName = 'bushy',
  changes: object = {},
): Promise<Installation> {
  const base = scratch(test)
  const sandbox = await startSandbox({
    directory: join(base, 'sandbox'),
    bucket: 'some-bucket',
    table: 'some-table',
  })
  test.after(() => sandbox.close())
  const volume = copyTree(tree, join(base, 'blobs'))
  const cache = join(base, 'cache')
  mkdirSync(cache)
  const configFile = join(base, 'nice-blobs.config.json')
  const { region, bucketEndpoint, indexEndpoint, secretsEndpoint, credentials } = sandbox
  const config = {
    bucket: { name: 'some-bucket', region, endpoint: bucketEndpoint, pathStyle: true },
    index: { table: 'some-table', endpoint: indexEndpoint },
    secrets: { endpoint: secretsEndpoint },
    cache: { directory: cache },
    agent: { socket: join(base, 'run/agent.sock') },
    databases: { main: { volumes: { blobs: volume }, archive: { quiet: '0s' } } },
    ...changes,
  }
  writeFileSync(configFile, JSON.stringify(config))
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: base,
    NICE_BLOBS_CONFIG: configFile,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const spawnCommand = (...words: string[]) =>
    spawn(process.execPath, [LAUNCHER, ...words], { env: environment, cwd: base })
  return {
    ...{ sandbox, base, volume, cache, configFile, environment },
    spawn: spawnCommand,
    run: (...words) => finish(spawnCommand(...words)),
    async runUntilServing(...words) {
      const child = spawnCommand(...words)
      const ran = finish(child)
      child.stdout?.on('data', chunk => String(chunk).includes('serving') && child.kill('SIGTERM'))
      return ran
    },
  }
}

export async function finish(child: ChildProcess): Promise<Ran> {
  let out = ''
  let err = ''
  child.stdout?.on('data', chunk => {
    out += chunk
  })
  child.stderr?.on('data', chunk => {
    err += chunk
  })
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, out, err, events: parseLines(out) }
}

function parseLines(out: string): Record<string, unknown>[] {
  return out
    .split('\n')
    .filter(line => line.startsWith('{"'))
    .map(line => JSON.parse(line))
}
