import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../.work/s3-venv/bin/', import.meta.url))
const START_WITHIN = 60_000

export interface ForeignServer {
  endpoint: string
  stop(): Promise<void>
}

/** `environment` reaches its functions too. */
export function startMiniStack(environment: Readonly<Record<string, string>> = {}): Promise<ForeignServer> {
  const settings = (port: string) => ({
    ...environment,
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: port,
    MINISTACK_HOST: '127.0.0.1',
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
  })
  return startServer('ministack', () => [], settings)
}

/** Starts a server of somebody else's on a free port of the loopback interface and waits until it answers. */
export async function startServer(
  program: string,
  words: (port: string) => string[],
  environment: (port: string) => Record<string, string> = () => ({}),
): Promise<ForeignServer> {
  const port = String(await freePort())
  const options = { stdio: 'ignore' as const, env: { ...process.env, ...environment(port) } }
  const child = spawn(`${BIN}${program}`, words(port), options)
  const endpoint = `http://127.0.0.1:${port}`
  await answering(endpoint, () => child.exitCode)
  return {
    endpoint,
    async stop() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

async function answering(endpoint: string, exitCode: () => number | null): Promise<void> {
  const deadline = Date.now() + START_WITHIN
  while (Date.now() < deadline && exitCode() === null) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      return
    await delay(100)
  }
  throw new Error(`no answer from ${endpoint} (exit status ${exitCode()})`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
