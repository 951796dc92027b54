import { setImmediate } from 'node:timers/promises'
import { DAY } from '../../../core/model/quantity.ts'
import type { Agent } from './agent.ts'
import { requireSound } from './audit.ts'
import { type Command, command } from './command.ts'
import { packBlob, readBlob, recallOne } from './deeds.ts'
import { agentOf, beat, bury, end, live, loseInventory, rivalOf, work } from './host.ts'
import { BEAT, HOUR, type HostName } from './oracle.ts'
import { invoke, runOf } from './schedules.ts'
import { setTrap } from './steps.ts'
import type { World } from './world.ts'

/** What agents do, undisturbed or not. One that is down is started. */

export const lives = (host: HostName): Command =>
  command(`lives('${host}')`, world => live(world, agentOf(world, host)))

export const beats = (host: HostName): Command =>
  command(`beats('${host}')`, world => beat(agentOf(world, host)))

export const works = (host: HostName): Command =>
  command(`works('${host}')`, async world => void (await work(world, agentOf(world, host))))

/** SIGTERM. */
export const ends = (host: HostName): Command =>
  command(`ends('${host}')`, world => end(world, agentOf(world, host)))

/** Without a word, at its nth step; whoever starts it again may not find its inventory. */
export const crashes = (host: HostName, at: number, inventory: 'kept' | 'lost'): Command =>
  command(`crashes('${host}', ${at}, '${inventory}')`, async world => {
    const agent = agentOf(world, host)
    setTrap(agent, at, async () => {
      agent.dead = true
    })
    await live(world, agent)
    agent.trap = undefined
    if (!agent.dead) return
    await bury(world, agent)
    if (inventory === 'lost') loseInventory(world, host)
  })

/** What happens while a host stands still; `beats` and `ends` are of the host itself, when it goes on. */
export const MEANWHILES = [
  'takeover',
  'an hour',
  'a month',
  'schedule',
  'pack',
  'recall',
  'beats',
  'ends',
] as const
export type Meanwhile = (typeof MEANWHILES)[number]

/** In the middle of its work, at its nth step. */
export const pauses = (host: HostName, at: number, ...meanwhile: Meanwhile[]): Command =>
  command(`pauses('${host}', ${at}, ${meanwhile.map(one => `'${one}'`).join(', ')})`, async world => {
    const agent = agentOf(world, host)
    let own: Promise<void> | undefined
    setTrap(agent, at, async () => {
      for (const one of meanwhile) await happen(world, host, one)
      noteSound(world)
      return async () => {
        // A beat waits for a write that is under way, and that for us.
        own = askMore(agent, meanwhile)
        await Promise.race([own, someTurns()])
      }
    })
    await live(world, agent)
    agent.trap = undefined
    await own
    if (meanwhile.includes('ends')) await end(world, agent)
  })

/** An agent goes on beating while it works, and may be told to end. */
async function askMore(agent: Agent, meanwhile: readonly Meanwhile[]): Promise<void> {
  if (agent.asked !== 'to work') return
  if (meanwhile.includes('beats')) await agent.keeper.beat()
  if (!meanwhile.includes('ends')) return
  agent.asked = 'to end'
  await agent.keeper.end()
}

async function someTurns(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await setImmediate()
}

async function happen(world: World, host: HostName, what: Meanwhile): Promise<void> {
  const { blobs } = world.oracle
  // Applications read on, whatever is under way.
  for (const blob of blobs) await readBlob(world, blob)
  if (what === 'an hour') world.pass(HOUR)
  if (what === 'a month') world.pass(31 * DAY)
  if (what === 'schedule') await invoke(world, runOf(world))
  if (what === 'takeover') await takeOver(world, host)
  if (what === 'recall') for (const blob of blobs) await recallOne(world, blob)
  const packed = blobs.find(({ owed }) => owed)
  if (what === 'pack' && packed) packBlob(world, packed)
}

/** The other host sees no heartbeat any more, until it takes the volume and works on it. */
async function takeOver(world: World, host: HostName): Promise<void> {
  const rival = rivalOf(host)
  if (rival === host) return
  for (let beats = 0; beats < 7; beats += 1) {
    world.pass(BEAT)
    await live(world, agentOf(world, rival))
  }
}

/** What is thrown here would be thrown into the work of the process. */
function noteSound(world: World): void {
  try {
    requireSound(world)
  } catch (error) {
    world.alarm(`in the middle: ${(error as Error).message}`)
  }
}
