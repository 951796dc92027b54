import { request } from 'node:http'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startAgent } from '../../client/agent/agent.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { plantVolume, scratch } from './setting.ts'

export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

export interface AgentSettings {
  readOnly?: boolean
  limit?: string
  stalled?: number
  /** Of the database. */
  delivery?: object
  /** Settings besides the socket. */
  agent?: object
}

/** An agent in this process before a sandbox, with one volume. */
export async function withAgent(
  test: TestContext,
  { readOnly = false, limit = '1GB', stalled = 60_000, ...more }: AgentSettings = {},
) {
  // Hooks run in the order in which they are made: nobody works in the directory any more when it is removed.
  const closing: (() => Promise<void>)[] = []
  test.after(async () => {
    for (const close of closing) await close()
  })
  const base = scratch(test)
  const volume = plantVolume(join(base, 'blobs'))
  const sandbox = await startSandbox({
    directory: join(base, 'sandbox'),
    bucket: 'agent-blobs',
    table: 'agent-index',
  })
  let open = true
  const closeSandbox = async () => {
    if (open) await sandbox.close()
    open = false
  }
  closing.push(closeSandbox)
  process.env.AWS_ACCESS_KEY_ID = sandbox.credentials.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = sandbox.credentials.secretAccessKey
  const text = JSON.stringify({
    bucket: {
      name: 'agent-blobs',
      region: sandbox.region,
      endpoint: sandbox.bucketEndpoint,
      pathStyle: true,
    },
    index: { table: 'agent-index', endpoint: sandbox.indexEndpoint },
    secrets: { endpoint: sandbox.secretsEndpoint },
    cache: { directory: join(base, 'cache'), limit },
    agent: { socket: join(base, 'run/agent.sock'), ...more.agent },
    databases: { main: { volumes: { blobs: volume.directory }, delivery: more.delivery } },
  })
  const config = parseConfig(text, {}, 'the test')
  const troubles: NiceBlobsError[] = []
  const tell = (trouble: NiceBlobsError) => troubles.push(trouble)
  const start = async () => {
    const agent = await startAgent(config, { readOnly, stalled, tell })
    closing.unshift(() => agent.close())
    return agent
  }
  const agent = await start()
  const ask = (target: string, options: { method?: string; headers?: Record<string, string> } = {}) =>
    askSocket(config.agent.socket, target, options)
  return { base, volume, sandbox, config, agent, start, ask, troubles, closeSandbox }
}

export function askSocket(
  socketPath: string,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method, headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    asked.on('error', reject)
    asked.end()
  })
}
