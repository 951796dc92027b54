import { setTimeout as delay } from 'node:timers/promises'
import type { StackFunctions } from '../../sandbox/functions/stack-functions.ts'
import { type AgentProcess, until } from '../../sandbox/installation.ts'
import { EVERY, HEARTBEAT } from './host.ts'
import type { PloneSite } from './site.ts'

/** Milliseconds: programs that live by the simulated clock see its leap by then. */
const PAUSE = 25
/** For so many heartbeats the agent has to have nothing to do, until it is taken for done. */
const CALM = 6

export async function isIdle(agent: AgentProcess): Promise<boolean> {
  const volumes = await agent.volumes()
  return volumes.length > 0 && volumes.every(({ state }) => state === 'idle')
}

/** The clock goes from one run of the schedule to the next, since an agent that is ordered about for weeks at once has seen nothing of them. */
export async function passTime(functions: StackFunctions, duration: number): Promise<void> {
  let left = duration
  do {
    const step = Math.min(EVERY, left)
    await functions.advance(step)
    await delay(PAUSE)
    left -= step
  } while (left > 0)
}

/** Comes back when the agent has seen the last order and done what it lets be done. */
export async function followOrders({
  agent,
  installation,
  niceBlobs,
}: Pick<PloneSite, 'agent' | 'installation' | 'niceBlobs'>): Promise<void> {
  const now = installation.clock.now()
  await until('a heartbeat', async () => {
    const { out } = await niceBlobs(['status', '--json'])
    const [volume]: { heartbeatAt: number }[] = JSON.parse(out).volumes
    return volume && volume.heartbeatAt > now
  })
  let calm = 0
  await until('an agent that has nothing to do', async () => {
    await delay(HEARTBEAT)
    calm = (await isIdle(agent)) ? calm + 1 : 0
    return calm === CALM
  })
}
