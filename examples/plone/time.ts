import { setTimeout as delay } from 'node:timers/promises'
import type { FleetIndex } from '../../core/ports.ts'
import type { StackFunctions } from '../../sandbox/functions/stack-functions.ts'
import { type AgentProcess, type Installation, until } from '../../sandbox/installation.ts'
import { EVERY, HEARTBEAT } from './host.ts'
import type { HostCommands } from './host-commands.ts'

/** Milliseconds: programs that live by the simulated clock see its leap by then. */
const PAUSE = 25
/** For so many heartbeats the agent has to have done nothing, until it is taken for done. */
const CALM = 6
/** Of the agent's measures, what grows with each blob that it archives or releases. */
const PROGRESS = /^nice_blobs_(archived|released)_bytes_total.*$/gm

/** What time goes by for. */
export interface Living {
  readonly functions: StackFunctions
  readonly installation: Installation
  readonly fleet: Pick<FleetIndex, 'readLease'>
  readonly agent: AgentProcess
  readonly askAgent: HostCommands['askAgent']
}

/** Twice the agent does what was ordered: the last run judges by what it has done before. */
export async function live(living: Living, duration: number): Promise<void> {
  if (duration > EVERY) {
    await passTime(living.functions, duration - EVERY)
    await followOrder(living)
  }
  await passTime(living.functions, Math.min(duration, EVERY))
  await followOrder(living)
}

/** From one run of the schedule to the next. */
async function passTime(functions: StackFunctions, duration: number): Promise<void> {
  let left = duration
  do {
    const step = Math.min(EVERY, left)
    await functions.advance(step)
    await delay(PAUSE)
    left -= step
  } while (left > 0)
}

/** Comes back when the agent has seen the last order, and nothing more has come of that for some heartbeats. */
async function followOrder({ installation, fleet, agent, askAgent }: Living): Promise<void> {
  let beat = installation.clock.now()
  let calm = 0
  let before = ''
  await until('an agent that has nothing to do', async () => {
    await delay(HEARTBEAT / 2)
    const { heartbeatAt = 0 } = (await fleet.readLease('main', 'blobs')) ?? {}
    if (heartbeatAt <= beat) return false
    beat = heartbeatAt
    const progress = (await askAgent('/metrics')).match(PROGRESS)?.join() ?? ''
    calm = progress === before && (await isIdle(agent)) ? calm + 1 : 0
    before = progress
    return calm === CALM
  })
}

export async function isIdle(agent: AgentProcess): Promise<boolean> {
  const volumes = await agent.volumes()
  return volumes.length > 0 && volumes.every(({ state }) => state === 'idle')
}
