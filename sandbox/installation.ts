import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type SimulatedClock, startClock } from './clock.ts'
import {
  type StackFunctions,
  type StackFunctionsOptions,
  startStackFunctions,
} from './functions/stack-functions.ts'
import { synthesize } from './functions/synthesize.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const LAUNCHER = join(PROJECT, 'client/bin/nice-blobs.js')

/** A whole installation on one machine: what `cdk deploy` makes, and the agents of its hosts, on one simulated clock. */
export interface Installation {
  readonly clock: SimulatedClock
  readonly sandbox: Sandbox
  /** What commands of its hosts find in theirs. */
  readonly environment: Readonly<Record<string, string>>
  /** A configuration with a section `stack`, as it is deployed; deploying again changes what is there. */
  deploy(
    config: object,
    firing?: Pick<StackFunctionsOptions, 'deliver' | 'batchesAtOnce'>,
  ): Promise<StackFunctions>
  /** Adds what the sandbox has instead of AWS to a host's configuration, and writes it; answers the file. */
  configureHost(name: string, config: object): string
  startAgent(configFile: string): AgentProcess
  end(): Promise<void>
}

export interface AgentProcess {
  readonly child: ChildProcess
  /** What it does with each volume; empty while it starts. */
  volumes(): Promise<{ database: string; volume: string; state: string; trouble?: string }[]>
  /** All that it has printed, once it has ended. */
  readonly printed: Promise<string>
  end(signal?: NodeJS.Signals): Promise<void>
}

export interface InstallationOptions {
  directory: string
  bucket: string
  table: string
  /** Milliseconds since 1970. */
  time?: number
}

export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const { directory, bucket, table, time } = options
  mkdirSync(directory, { recursive: true })
  const clock = startClock(join(directory, 'clock'), time)
  const sandbox = await startSandbox({ directory: join(directory, 'sandbox'), bucket, table, clock })
  const { region, bucketEndpoint, indexEndpoint, secretsEndpoint, credentials } = sandbox
  const environment = {
    ...clock.environment,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const agents: AgentProcess[] = []
  let deployments = 0

  return {
    ...{ clock, sandbox, environment },
    async deploy(config, firing = {}) {
      deployments += 1
      const file = join(directory, `deploy-${deployments}.json`)
      const assembly = join(directory, `cdk-${deployments}.out`)
      writeFileSync(file, JSON.stringify({ bucket: { name: bucket, region }, index: { table }, ...config }))
      await synthesize(PROJECT, assembly, { config: file })
      return startStackFunctions({ ...sandbox, assembly, clock, ...firing })
    },
    configureHost(name, config) {
      const file = join(directory, `${name}.json`)
      const there = {
        bucket: { name: bucket, region, endpoint: bucketEndpoint, pathStyle: true },
        index: { table, endpoint: indexEndpoint },
        secrets: { endpoint: secretsEndpoint },
      }
      writeFileSync(file, JSON.stringify({ ...there, ...config }))
      return file
    },
    startAgent(configFile) {
      const env = { ...process.env, ...environment }
      const agent = watchAgent(spawn(process.execPath, [LAUNCHER, 'agent', '--config', configFile], { env }))
      agents.push(agent)
      return agent
    },
    async end() {
      await Promise.all(agents.map(agent => agent.end('SIGKILL')))
      await sandbox.close()
    },
  }
}

function watchAgent(child: ChildProcess): AgentProcess {
  let socket: string | undefined
  child.stdout?.on('data', chunk => {
    socket ??= /^serving (.+)$/m.exec(String(chunk))?.[1]
  })
  const exit = once(child, 'exit')
  const printed = child.stderr ? text(child.stderr) : Promise.resolve('')
  return {
    child,
    printed,
    async volumes() {
      if (socket === undefined) return []
      return (await askHealth(socket).catch(() => ({ volumes: [] }))).volumes
    },
    async end(signal = 'SIGTERM') {
      child.kill(signal)
      await exit
    },
  }
}

function askHealth(socketPath: string): Promise<{ volumes: [] }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/healthz', agent: false }, async answer => {
      resolve(JSON.parse(await text(answer)))
    })
    asked.on('error', reject).end()
  })
}

/** Waits for what has to come; `what` tells what it was, should it not. */
export async function until(what: string, comes: () => unknown, patience = 120_000): Promise<void> {
  const deadline = performance.now() + patience
  while (!(await comes())) {
    if (performance.now() > deadline) throw new Error(`${what}: it has not come`)
    await delay(50)
  }
}
