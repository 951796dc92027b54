import { connectFleet } from '../../client/cli/connect.ts'
import { type AgentProcess, until } from '../../sandbox/installation.ts'
import type { Endings } from './endings.ts'
import type { Ground } from './ground.ts'
import { createHostCommands } from './host-commands.ts'
import { memoryOf } from './memory.ts'
import { startNginx } from './nginx.ts'
import type { Service } from './process.ts'
import type { PloneSite } from './site.ts'
import { isIdle, live } from './time.ts'
import { startZope } from './zope.ts'

/** Starts what the host runs, and hands it out. */
export async function runSite(ground: Ground, endings: Endings): Promise<PloneSite> {
  const { installed, begun, paths, ports, installation, functions, way, say, signal } = ground
  const { directory, logs } = paths
  const urls = {
    zope: `http://127.0.0.1:${ports.zope}/Plone`,
    nginx: `http://127.0.0.1:${ports.nginx}`,
  }
  const commands = createHostCommands(ground)
  const { fleet } = connectFleet({ config: paths.configuration })
  let zope: Service | undefined
  const beginAgent = async (): Promise<AgentProcess> => {
    const started = installation.startAgent(paths.configuration)
    await until('the agent', () => isIdle(started))
    return started
  }
  const beginZope = async () => {
    const began = performance.now()
    zope = await startZope({ bin: installed.bin, directory, logs, site: urls.zope, signal })
    return secondsSince(began)
  }
  const stopZope = async () => {
    await zope?.end()
    zope = undefined
  }

  say('The agent, Zope and nginx begin')
  endings.add(stopZope)
  let agent = await beginAgent()
  await beginZope()
  const nginx = await startNginx({ program: installed.nginx, directory, logs, port: ports.nginx, signal })
  endings.add(nginx.end)

  return {
    ...{ urls, admin: ground.admin, paths, installation, functions, ...commands },
    figures: { installSeconds: installed.seconds, startSeconds: secondsSince(begun) },
    get agent() {
      return agent
    },
    live: duration => live({ functions, installation, fleet, agent, askAgent: commands.askAgent }, duration),
    memory: () => memoryOf({ zope, postgresql: ground.postgresql, nginx, agent }),
    ...{ stopZope, startZope: beginZope },
    stopAgent: async how => agent.end(how),
    async startAgent() {
      agent = await beginAgent()
    },
    takeBucketAway() {
      way.isAway = true
    },
    bringBucketBack() {
      way.isAway = false
    },
    end: endings.run,
  }
}

function secondsSince(began: number): number {
  return Math.round(performance.now() - began) / 1000
}
