import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createDynamoClient, createDynamoIndex } from '../../../core/aws/dynamo-index.ts'
import type { BlobState } from '../../../core/model/blob-row.ts'
import { blobKey } from '../../../core/model/key.ts'
import { formatRef, type Ref } from '../../../core/model/ref.ts'
import type { StackFunctions } from '../../../sandbox/functions/stack-functions.ts'
import {
  type AgentProcess,
  type Installation,
  startInstallation,
  until,
} from '../../../sandbox/installation.ts'
import { hashFile } from '../../flows/setting.ts'
import type { ReaderReport } from './reader-child.ts'

/** A shared volume that two agents empty by the deployed schedule, while they are killed and its blobs are read. */

const READER = fileURLToPath(new URL('reader-child.ts', import.meta.url))
const HOUR = 3_600_000
const BEAT = 200
const READERS = 3

export interface Emptying {
  directory: string
  volume: string
  truth: readonly { ref: Ref; sha256: string }[]
  blobsPerRun: number
  /** Simulated hours in which it has to be done. */
  hours: number
}

export interface Emptied {
  kills: number
  hours: number
  reads: number
  failures: string[]
  printed: string
}

export function startEmptying(test: TestContext, directory: string): Promise<Installation> {
  const started = startInstallation({
    ...{ directory: join(directory, 'installation'), bucket: 'fleet-blobs', table: 'fleet-index' },
    // Files have the time of the disk, and none is to come back after it was archived.
    time: Date.now() + HOUR,
  })
  test.after(async () => (await started).end())
  return started
}

export async function emptyVolume(installation: Installation, task: Emptying): Promise<Emptied> {
  const functions = await installation.deploy({
    databases: {
      main: {
        archive: { minAge: '30d', quiet: '0s' },
        release: { delay: '1h' },
        schedule: { blobsPerRun: task.blobsPerRun },
      },
    },
    // The clock leaps by an hour at a time.
    stack: { schedule: { silentAfter: '1d', leastFree: 0.000001 } },
  })
  const hosts = ['web1', 'web2'].map(name => hostOf(installation, task, name))
  const agents = hosts.map(installation.startAgent)
  const readers = startReaders(installation, task, hosts)
  try {
    return await emptyBy(installation, functions, task, { hosts, agents, readers })
  } finally {
    for (const reader of readers) reader.kill('SIGKILL')
  }
}

interface Cast {
  hosts: readonly string[]
  agents: AgentProcess[]
  readers: readonly ChildProcess[]
}

async function emptyBy(
  installation: Installation,
  functions: StackFunctions,
  task: Emptying,
  { hosts, agents, readers }: Cast,
): Promise<Emptied> {
  const printed: Promise<string>[] = []
  let kills = 0
  let hours = 0
  await until('a summary', () => someIdle(agents), patienceFor(task))
  while (blobsIn(task.volume) > 0) {
    assert.ok(hours < task.hours, `after ${hours} hours ${blobsIn(task.volume)} blobs are left`)
    await functions.advance(HOUR)
    hours += 1
    // In the middle of its work, as far as chance wills; the other one goes on.
    await delay(Math.random() * 10 * BEAT)
    const victim = kills % 2
    printed.push(agents[victim]?.printed ?? Promise.resolve(''))
    await agents[victim]?.end('SIGKILL')
    kills += 1
    agents[victim] = installation.startAgent(hosts[victim] ?? '')
    await until('an agent that has nothing more to do', () => settled(agents), patienceFor(task))
    await requireWithinBudget(installation, scheduleRuns(functions) * task.blobsPerRun)
  }
  for (const agent of agents) await agent.end()
  const reports = await Promise.all(readers.map(endReader))
  const told = await Promise.all([...printed, ...agents.map(agent => agent.printed)])
  return {
    kills,
    hours,
    reads: reports.reduce((sum, { reads }) => sum + reads, 0),
    failures: reports.flatMap(({ failures }) => failures),
    printed: told.join(''),
  }
}

function scheduleRuns({ invocations }: StackFunctions): number {
  return invocations.filter(({ functionName }) => functionName.endsWith('-schedule-archive')).length
}

function hostOf(installation: Installation, { directory, volume }: Emptying, name: string): string {
  return installation.configureHost(name, {
    cache: { directory: join(directory, `${name}-cache`), limit: '5MB' },
    agent: { socket: join(directory, `${name}-run/agent.sock`), heartbeat: `${BEAT}ms` },
    databases: { main: { volumes: { blobs: volume }, archive: { minAge: '30d', quiet: '0s' } } },
  })
}

/** Milliseconds; no test is decided by how fast the machine is. */
function patienceFor({ truth }: Emptying): number {
  return 120_000 + 30 * truth.length
}

/** Twice in a row, some heartbeats after the last change: whoever has not seen its order yet is idle too. */
async function settled(agents: readonly AgentProcess[]): Promise<boolean> {
  for (let times = 0; times < 3; times += 1) {
    if (!(await someIdle(agents))) return false
    await delay(2 * BEAT)
  }
  return true
}

async function someIdle(agents: readonly AgentProcess[]): Promise<boolean> {
  const volumes = await Promise.all(agents.map(agent => agent.volumes()))
  return volumes.flat().some(({ state }) => state === 'idle')
}

export function blobsIn(volume: string): number {
  const names = readdirSync(volume, { recursive: true, encoding: 'utf8' })
  return names.filter(name => name.endsWith('.blob')).length
}

function startReaders(
  { environment }: Installation,
  { directory, truth }: Emptying,
  hosts: readonly string[],
): ChildProcess[] {
  const file = join(directory, 'truth.json')
  writeFileSync(file, JSON.stringify(truth.map(({ ref, sha256 }) => [formatRef(ref), sha256])))
  const env = { ...process.env, ...environment }
  return Array.from({ length: READERS }, (_, i) =>
    fork(READER, [hosts[i % hosts.length] ?? '', file], { env }),
  )
}

async function endReader(reader: ChildProcess): Promise<ReaderReport> {
  const report = once(reader, 'message')
  reader.send('enough')
  return (await report)[0]
}

async function statesOf({ sandbox }: Installation): Promise<Map<BlobState, number>> {
  const index = { table: 'fleet-index', endpoint: sandbox.indexEndpoint }
  const { accessKeyId, secretAccessKey } = sandbox.credentials
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
  const client = createDynamoClient(index, { region: sandbox.region })
  const states = new Map<BlobState, number>()
  for await (const { state } of createDynamoIndex('fleet-index', client).list('main'))
    states.set(state, (states.get(state) ?? 0) + 1)
  client.destroy()
  return states
}

async function requireWithinBudget(installation: Installation, most: number): Promise<void> {
  const archived = (await statesOf(installation)).get('archived') ?? 0
  assert.ok(archived <= most, `${archived} archived, where all runs together allowed ${most}`)
}

/** Nothing is lost or torn: each blob is an object with its bytes and a row, and nothing stands aside. */
export async function requireAllArchived(
  installation: Installation,
  { volume, truth }: Emptying,
): Promise<void> {
  assert.equal(blobsIn(volume), 0)
  assert.deepEqual([...(await statesOf(installation))], [['archived', truth.length]])
  for (const { ref, sha256 } of truth) {
    const file = installation.sandbox.s3.objectFile('fleet-blobs', blobKey('main', ref))
    assert.equal(file && hashFile(file), sha256, formatRef(ref))
  }
}
