import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Credentials } from '../../sandbox/s3/signature.ts'
import { LAUNCHER } from '../cli/command.ts'
import { reach } from './reach.ts'

/** The agent as a process of its own, which may end and begin again. */
export interface AgentProcess {
  start(): Promise<void>
  stop(): Promise<void>
  /** All that it has written, once it has ended. */
  written(): Promise<string>
}

export function createAgentProcess(
  configFile: string,
  socket: string,
  { accessKeyId, secretAccessKey }: Credentials,
): AgentProcess {
  const written: Promise<string>[] = []
  let running: ChildProcess | undefined
  return {
    async start() {
      const credentials = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
      const agent = spawn(process.execPath, [LAUNCHER, 'agent', '--config', configFile], {
        env: { ...process.env, ...credentials },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      running = agent
      written.push(text(agent.stdout), text(agent.stderr))
      await reach(socket)
    },
    async stop() {
      const agent = running
      running = undefined
      if (!agent) return
      agent.kill('SIGTERM')
      await once(agent, 'exit')
    },
    written: async () => (await Promise.all(written)).join('\n'),
  }
}
