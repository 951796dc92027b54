import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openBlobs } from '../../client/index.ts'
import { formatBytes, HOUR } from '../../core/model/quantity.ts'
import type { StackFunctions } from '../../sandbox/functions/stack-functions.ts'
import { type AgentProcess, type Installation, startInstallation, until } from '../../sandbox/installation.ts'
import { copyBlobDirectory, type TrueBlob, wholeBlobs } from './fixture.ts'
import { requireCommand } from './run-command.ts'

/** A night of the deployed schedule: two hosts share a volume, and one of them dies in the middle. */

const BEAT = 150
/** The volume would take so many runs, if nobody died. */
const RUNS = 3
const MOST_HOURS = 24
const DIES_AT = 2
/** The function that gives orders; others of the stack have other work. */
const SCHEDULE = '-schedule-archive'

interface Night {
  installation: Installation
  functions: StackFunctions
  hosts: readonly string[]
  agents: AgentProcess[]
  volume: string
  blobs: readonly TrueBlob[]
}

/** What there is at the end of an hour. */
interface Hour {
  time: string
  reason: string
  archived: number
  left: readonly TrueBlob[]
}

export async function spendNight(): Promise<{ hours: Hour[]; whole: number; of: number; seconds: number }> {
  const base = mkdtempSync(join(tmpdir(), 'nice-blobs-night-'))
  const installation = await startInstallation({
    ...{ directory: join(base, 'installation'), bucket: 'night-blobs', table: 'night-index' },
    time: nextEvening(),
  })
  try {
    const night = await beginNight(installation, base)
    const began = performance.now()
    const hours = await liveThrough(night)
    const seconds = (performance.now() - began) / 1000
    return { hours, seconds, whole: await readAll(night), of: night.blobs.length }
  } finally {
    await installation.end()
    rmSync(base, { recursive: true, force: true })
  }
}

/** Files have the time of the disk, and none is to come back after it was archived: so it is an evening that comes. */
function nextEvening(): number {
  const today = new Date().setUTCHours(19, 0, 0, 0)
  return today > Date.now() ? today : today + 24 * HOUR
}

async function beginNight(installation: Installation, base: string): Promise<Night> {
  const volume = join(base, 'blobstorage')
  const blobs = copyBlobDirectory(volume)
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0)
  const archive = { minAge: '30d', quiet: '0s' }
  const schedule = { bytesPerRun: Math.ceil(bytes / RUNS), hours: '22:00-06:00', timeZone: 'UTC' }
  const functions = await installation.deploy({
    databases: { main: { archive, release: { delay: '1h' }, schedule } },
    // The clock leaps by an hour at a time.
    stack: { schedule: { silentAfter: '1d', leastFree: 0.000001 } },
  })
  const hosts = ['web1', 'web2'].map(name =>
    installation.configureHost(name, {
      cache: { directory: join(base, `${name}-cache`) },
      agent: { socket: join(base, `${name}-run/agent.sock`), heartbeat: `${BEAT}ms` },
      databases: { main: { volumes: { blobs: volume }, archive } },
    }),
  )
  const agents = hosts.map(installation.startAgent)
  await until('a summary', () => doing(agents, 'idle'))
  return { installation, functions, hosts, agents, volume, blobs }
}

async function liveThrough(night: Night): Promise<Hour[]> {
  const hours: Hour[] = []
  while (hours.length < MOST_HOURS && hours.at(-1)?.left.length !== 0) {
    await night.functions.advance(HOUR)
    if (hours.at(-1)?.archived && hours.filter(({ archived }) => archived > 0).length === DIES_AT - 1)
      await killWhoeverWorks(night)
    await settle(night.agents)
    hours.push(await lookBack(night))
  }
  return hours
}

/** The other one takes over when its lease has stayed as it was for five heartbeats. */
async function killWhoeverWorks({ agents }: Night): Promise<void> {
  const states = await Promise.all(agents.map(agent => agent.volumes()))
  const working = states.findIndex(volumes => volumes.some(({ state }) => state !== 'standing by'))
  await agents.splice(Math.max(0, working), 1)[0]?.end('SIGKILL')
}

async function settle(agents: readonly AgentProcess[]): Promise<void> {
  for (let calm = 0; calm < 4; calm = (await doing(agents, 'idle')) ? calm + 1 : 0) await delay(2 * BEAT)
}

async function doing(agents: readonly AgentProcess[], state: string): Promise<boolean> {
  const volumes = await Promise.all(agents.map(agent => agent.volumes()))
  return volumes.flat().some(volume => volume.state === state)
}

async function lookBack(night: Night): Promise<Hour> {
  const { functions, installation, hosts, volume, blobs } = night
  const run = functions.invocations.findLast(({ functionName }) => functionName.endsWith(SCHEDULE))
  const answer = run?.result as { reasons: Record<string, number> } | undefined
  const env = { ...process.env, ...installation.environment, NICE_BLOBS_CONFIG: hosts[0] }
  const status = JSON.parse(await requireCommand(['status', '--json'], env))
  const archived = status.bucket.archived?.blobs ?? 0
  const time = new Date(installation.clock.now()).toISOString().slice(11, 16)
  const left = wholeBlobs(blobs, ({ path }) => join(volume, path))
  return { time, reason: Object.keys(answer?.reasons ?? {}).join(), archived, left }
}

async function readAll({ installation, hosts, blobs }: Night): Promise<number> {
  // The bucket lives by the simulated clock; a reader of this process by the real one.
  installation.clock.set(Date.now())
  Object.assign(process.env, installation.environment, { NODE_OPTIONS: process.env.NODE_OPTIONS ?? '' })
  const [config = ''] = hosts
  const reader = openBlobs({ config })
  const paths = new Map<TrueBlob, string>()
  for (const blob of blobs) paths.set(blob, await reader.path(blob))
  reader.close()
  return wholeBlobs(blobs, blob => paths.get(blob)).length
}

export function nightText(hours: readonly Hour[], blobs: number): string {
  const lines = hours.map(({ time, reason, archived, left }) => {
    const bytes = formatBytes(left.reduce((sum, { size }) => sum + size, 0))
    return `${time}  ${reason.padEnd(26)} ${String(archived).padStart(2)} of ${blobs} archived, ${bytes} on the disk`
  })
  return lines.join('\n   ')
}

export function requireGoodNight(hours: readonly Hour[], whole: number, blobs: number): void {
  assert.ok(hours.some(({ reason }) => reason === 'outside the allowed hours'))
  assert.equal(hours.at(-1)?.archived, blobs)
  assert.equal(hours.at(-1)?.left.length, 0)
  assert.equal(whole, blobs)
}
