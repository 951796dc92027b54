import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type AgentProcess, until } from '../../sandbox/installation.ts'
import type { Endings } from './endings.ts'
import type { Ground } from './ground.ts'
import { HEARTBEAT } from './host.ts'
import { startNginx } from './nginx.ts'
import { residentBytes, type Service } from './process.ts'
import { requireProgram, runProgram } from './run-program.ts'
import type { PloneSite } from './site.ts'
import { environmentOf, startZope } from './zope.ts'

const LAUNCHER = fileURLToPath(new URL('../../client/bin/nice-blobs.js', import.meta.url))
/** For so many heartbeats the agent has to have nothing to do, until it is taken for done. */
const CALM = 6

/** Starts what the host runs, and hands it out. */
export async function runSite(ground: Ground, endings: Endings): Promise<PloneSite> {
  const { installed, begun, paths, ports, installation, functions, way, postgresql, say, signal } = ground
  const { directory, logs, socket, configuration } = paths
  const urls = {
    zope: `http://127.0.0.1:${ports.zope}/Plone`,
    nginx: `http://127.0.0.1:${ports.nginx}`,
  }
  const program = (name: string) => join(installed.bin, name)
  const python = environmentOf(directory)
  const host = { ...process.env, ...installation.environment, NICE_BLOBS_CONFIG: configuration }
  let agent = startAgent()
  let zope: Service | undefined

  function startAgent(): AgentProcess {
    return installation.startAgent(configuration)
  }

  async function isIdle(): Promise<boolean> {
    const volumes = await agent.volumes()
    return volumes.length > 0 && volumes.every(({ state }) => state === 'idle')
  }

  const stopZope = async () => {
    await zope?.end()
    zope = undefined
  }
  const beginZope = async () => {
    const began = performance.now()
    zope = await startZope({ bin: installed.bin, directory, logs, site: urls.zope, signal })
    return Math.round(performance.now() - began) / 1000
  }

  say('The agent, Zope and nginx begin')
  endings.add(stopZope)
  await until('the agent', isIdle)
  await beginZope()
  const nginx = await startNginx({ program: installed.nginx, directory, logs, port: ports.nginx })
  endings.add(nginx.end)

  return {
    ...{ urls, admin: ground.admin, paths, installation, functions },
    figures: {
      installSeconds: installed.seconds,
      startSeconds: Math.round(performance.now() - begun) / 1000,
    },
    get agent() {
      return agent
    },
    async live(duration) {
      await functions.advance(duration)
      for (let calm = 0; calm < CALM; calm = (await isIdle()) ? calm + 1 : 0) await delay(HEARTBEAT)
    },
    run: (script, ...words) =>
      requireProgram([program('zconsole'), 'run', paths.zopeConf, script, ...words], python),
    runProgram: (name, ...words) => runProgram([program(name), ...words], python),
    niceBlobs: (words, input) => runProgram([process.execPath, LAUNCHER, ...words], host, input),
    askAgent: path => ask(socket, path),
    memory() {
      const pids = {
        zope: zope?.child.pid,
        postgresql: postgresql.child.pid,
        nginx: nginx.child.pid,
        agent: agent.child.pid,
      }
      return Object.fromEntries(
        Object.entries(pids).map(([name, pid]) => [name, pid ? residentBytes(pid) : 0]),
      )
    },
    stopZope,
    startZope: beginZope,
    stopAgent: async how => agent.end(how),
    async startAgent() {
      agent = startAgent()
      await until('the agent', isIdle)
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

function ask(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, answer => text(answer).then(resolve, reject))
    asked.on('error', reject).end()
  })
}
