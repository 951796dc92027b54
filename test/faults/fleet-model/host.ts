import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createKeeper, type Keeper } from '../../../client/agent/keeper/keeper.ts'
import { BEATS_OF_A_LEASE } from '../../../core/model/judge-lease.ts'
import type { Agent } from './agent.ts'
import { requireReleasable } from './audit.ts'
import {
  BEAT,
  databaseOf,
  HOST_NAMES,
  type HostName,
  POLICIES,
  VOLUME_NAMES,
  VOLUMES,
  type VolumeName,
} from './oracle.ts'
import { within } from './steps.ts'
import type { World } from './world.ts'

const volumeOf = (host: HostName): VolumeName =>
  VOLUME_NAMES.find(name => (VOLUMES[name] as readonly string[]).includes(host)) ?? 'main/shared'

/** Far more than all blobs of a run are worth. */
const MOST_WORK = 200

/** The agent of a host, which is started if it is down. */
export function agentOf(world: World, host: HostName): Agent {
  const last = world.agents.findLast(agent => agent.host === host)
  if (last && !world.oracle.down.has(host)) return last
  world.oracle.down.delete(host)
  return start(world, host)
}

export function loseInventory({ base }: World, host: HostName): void {
  for (const end of ['', '-wal', '-shm']) rmSync(join(base, `${host}.sqlite${end}`), { force: true })
}

function start(world: World, host: HostName): Agent {
  const name = `${host} ${1 + world.agents.filter(agent => agent.host === host).length}`
  const volume = volumeOf(host)
  const [database, volumeName = ''] = [databaseOf(volume), volume.split('/')[1]]
  const agent: Agent = {
    ...{ name, host, volume, dead: false, asked: 'to beat', troubles: [], orders: [] },
    keeper: undefined as unknown as Keeper,
    removed: () => requireReleasable(world, agent),
  }
  agent.keeper = createKeeper({
    ...{ database, volume: volumeName, holder: name, host, heartbeat: BEAT, ...world.ports },
    directory: world.volumes[volume].directory,
    inventoryFile: join(world.base, `${host}.sqlite`),
    policy: POLICIES.usual.archive,
    clocks: { now: () => world.time.now + (world.ahead[host] ?? 0), monotonic: () => world.time.passed },
    cacheFill: () => undefined,
    did: () => {},
    tell: trouble => void (agent.dead || agent.troubles.push(trouble)),
  })
  world.agents.push(agent)
  return agent
}

export function beat(agent: Agent): Promise<void> {
  agent.asked = 'to beat'
  return within(agent, () => agent.keeper.beat())
}

/** One part of its work. Whoever has not got the lease any more begins nothing, whatever it knows of that. */
export async function work(world: World, agent: Agent): Promise<boolean> {
  const [database, volume = ''] = agent.volume.split('/')
  const { lease } = await world.fleet.read(database ?? '', volume)
  const { renewed } = agent
  const over = renewed === undefined || world.time.passed - renewed >= (BEATS_OF_A_LEASE - 1) * BEAT
  agent.asked = 'to work'
  agent.orders = agent.orders.slice(-1)
  agent.claimed = undefined
  const activity = { process: agent, taken: 0 }
  const more = await within(agent, () => agent.keeper.work(), activity)
  if (lease?.holder !== agent.name && activity.taken > 0)
    world.alarm(`${agent.name} works under the lease of ${lease?.holder}`)
  if (over && activity.taken > 0) world.alarm(`${agent.name} works without a lease`)
  return more
}

/** One heartbeat, and all that there is to do then; the next one tells how it went. */
export async function live(world: World, agent: Agent): Promise<void> {
  await beat(agent)
  for (let parts = 0; goesOn(agent) && (await work(world, agent)); parts += 1) {
    if (parts > MOST_WORK) return world.alarm(`${agent.name} works without end`)
  }
  if (goesOn(agent)) await beat(agent)
}

const goesOn = ({ dead, asked }: Agent) => !dead && asked !== 'to end'

/** A dead one can neither write nor call any more; what it had open is closed. */
export async function bury(world: World, agent: Agent): Promise<void> {
  agent.dead = true
  world.oracle.down.add(agent.host)
  await within(agent, () => agent.keeper.end())
}

export async function end(world: World, agent: Agent): Promise<void> {
  agent.asked = 'to end'
  await within(agent, () => agent.keeper.end())
  world.oracle.down.add(agent.host)
  agent.dead = true
}

/** Who else can look after the volume; itself, where nobody can. */
export const rivalOf = (host: HostName): HostName =>
  HOST_NAMES.find(other => other !== host && volumeOf(other) === volumeOf(host)) ?? host
