import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { Ref } from '../../core/model/ref.ts'
import { formatRef } from '../../core/model/ref.ts'
import type { Volume } from '../../core/volume/volume.ts'
import { startEdge } from '../../sandbox/edge/server.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { askSocket, type Reply } from '../flows/agent-setting.ts'
import { plantBlob, plantVolume, refNumber } from '../flows/setting.ts'
import { keepSigningKey } from '../flows/signing-setting.ts'
import { DISTRIBUTION } from '../sandbox/edge-setting.ts'
import { type AgentProcess, createAgentProcess } from './agent.ts'
import { type Application, startApplication } from './application.ts'
import { startNginx } from './nginx.ts'

/** nginx, an application and a real agent before a sandbox, with an edge for the database `main`; the database `plain` has none. */
export interface Stage {
  readonly application: Application
  readonly agent: AgentProcess
  /** As a browser of Alice, unless another cookie says otherwise. */
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Reply>
  /** Likewise, through a cache in front of the site that several share. */
  getShared(path: string): Promise<Reply>
  /** The agent itself. */
  ask(path: string, method?: string): Promise<Reply>
  /** Another blob each time; answers where the site shows it. */
  plant(bytes: Buffer | string, where?: 'volume' | 'cache' | 'bucket', database?: string): Promise<Planted>
  /** How often the agent was asked to deliver. */
  deliveries(): Promise<number>
  /** All that nginx and the agent have written; nothing is of use after that. */
  logs(): Promise<string>
}

export interface Planted {
  readonly ref: Ref
  readonly path: string
  /** In the volume. */
  readonly file: string
}

const BUCKET = 'nginx-blobs'
const SECRET = 'nice-blobs/main/url-signing-key'
const ALICE = { cookie: 'user=alice' }

export const stage = await setStage()

async function setStage(): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'nice-blobs-nginx-'))
  const closing: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })]
  after(async () => {
    for (const close of closing.reverse()) await close()
  })
  const sandbox = await startSandbox({
    directory: join(directory, 'sandbox'),
    bucket: BUCKET,
    table: 'nginx-index',
  })
  closing.push(sandbox.close)
  const publicKeys = await keepSigningKey(sandbox.secrets, SECRET)
  const edge = await startEdge({ ...DISTRIBUTION, bucket: BUCKET, publicKeys }, sandbox)
  closing.push(edge.close)

  const volumes: Record<string, Volume> = {
    main: plantVolume(join(directory, 'main')),
    plain: plantVolume(join(directory, 'plain')),
  }
  const socket = join(directory, 'run/agent.sock')
  const cache = join(directory, 'cache')
  const config = {
    bucket: { name: BUCKET, region: sandbox.region, endpoint: sandbox.bucketEndpoint, pathStyle: true },
    index: { table: 'nginx-index', endpoint: sandbox.indexEndpoint },
    secrets: { endpoint: sandbox.secretsEndpoint },
    cache: { directory: cache },
    agent: { socket },
    databases: {
      main: {
        volumes: { main: volumes.main?.directory },
        delivery: { edge: edge.url, signingKeys: SECRET },
      },
      plain: { volumes: { plain: volumes.plain?.directory } },
    },
  }
  const configFile = join(directory, 'nice-blobs.config.json')
  writeFileSync(configFile, JSON.stringify(config))

  const agent = createAgentProcess(configFile, socket, sandbox.credentials)
  closing.push(agent.stop)
  await agent.start()
  const application = await startApplication(join(directory, 'application.sock'))
  closing.push(application.close)
  const nginx = await startNginx({
    ...{ directory: join(directory, 'nginx'), application: application.socket, agent: socket, cache },
  })
  let end: Promise<string> | undefined
  const closeNginx = () => (end ??= nginx.close())
  closing.push(closeNginx)

  const ask = (path: string, method = 'GET') => askSocket(socket, path, { method })
  let planted = 0
  return {
    ...{ application, agent, ask },
    get: (path, headers = {}, method = 'GET') =>
      askSocket(nginx.site, path, { method, headers: { ...ALICE, ...headers } }),
    getShared: path => askSocket(nginx.shared, path, { headers: ALICE }),
    async plant(bytes, where = 'volume', database = 'main') {
      planted += 1
      const ref = refNumber(planted)
      const volume = volumes[database]
      if (!volume) throw new Error(`there is no database ${database}`)
      const file = plantBlob(volume, ref, bytes)
      const blob = `/v1/blobs/${formatRef(ref)}`
      if (where !== 'volume') {
        await ask(`${blob}/object?database=${database}`, 'PUT')
        rmSync(file)
      }
      if (where === 'cache') await ask(`${blob}/path?database=${database}`)
      return { ref, file, path: `/${formatRef(ref)}?database=${database}` }
    },
    async deliveries() {
      const { body } = await ask('/metrics')
      const counts = body.toString().matchAll(/_request_seconds_count\{kind="deliver",.*\} (\d+)$/gm)
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
    },
    async logs() {
      await agent.stop()
      return `${await closeNginx()}\n${await agent.written()}`
    },
  }
}
