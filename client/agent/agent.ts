import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import type { Config } from '../../core/model/config.ts'
import { createCache } from '../read/cache/cache.ts'
import { refuseForeign } from '../read/cache/own-directory.ts'
import { requireCache } from '../settings.ts'
import { asError } from './as-error.ts'
import { createDatabases } from './databases.ts'
import { createHandOver } from './hand-over.ts'
import { startKeepers } from './keeper/start-keepers.ts'
import { createMeasures } from './measures.ts'
import { listenOn } from './own-socket.ts'
import { type Service, serve } from './serve.ts'

/**
 * Milliseconds, and bytes. What is asked is one line and a few headers; only an answer, and the body of a live report, may take
 * long. The longest line has a name of 1,024 characters, each nine bytes of it.
 */
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 0,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
}
const MOST_CONNECTIONS = 1_000
const STALLED = 60_000
/** How long answers under way may go on after the agent was told to end. */
const LAST_WORDS = 10_000

export interface AgentOptions {
  readOnly: boolean
  /** How long a client may take nothing of its answer, in milliseconds. */
  stalled?: number
  tell: Service['tell']
}

export interface Agent {
  readonly socket: string
  close(): Promise<void>
}

/** Serves the blobs of all databases of a configuration on its socket (docs/agent.md). */
export async function startAgent(
  config: Config,
  { readOnly, stalled = STALLED, tell }: AgentOptions,
): Promise<Agent> {
  const cacheConfig = requireCache(config)
  refuseForeign(cacheConfig.directory)
  const cacheOf = (database: string) =>
    createCache({ ...cacheConfig, evicted: blobs => measures.evicted(blobs) }, config.bucket.name, database)
  const anyCache = cacheOf(Object.keys(config.databases)[0] ?? '')
  const measures = createMeasures(() => anyCache.bytes(), cacheConfig.limit)
  const bucket = measures.measured(createS3Bucket(config.bucket))
  const told = (trouble: unknown) => tell(asError(trouble))
  const databases = createDatabases(config, { bucket, cacheOf, readOnly, tell: told })

  const server = createServer(LIMITS, (request, response) => {
    serve(service, request, response).catch(() => response.destroy())
  })
  server.maxConnections = MOST_CONNECTIONS
  server.on('clientError', refuse)
  const lock = await listenOn(server, config.agent.socket)
  const keepers = readOnly || !config.index ? undefined : startKeepers(config, measures, tell)
  const handOver = createHandOver(config.agent, cacheConfig.directory)
  const volumes = () => keepers?.states() ?? []
  const service: Service = { databases, measures, handOver, around: told, stalled, tell, volumes }
  return {
    socket: config.agent.socket,
    async close() {
      await keepers?.end()
      const ended = new Promise(resolve => server.close(resolve))
      const last = setTimeout(() => server.closeAllConnections(), LAST_WORDS)
      await ended
      clearTimeout(last)
      databases.close()
      anyCache.close()
      lock.release()
    },
  }
}

/** What is no HTTP gets one short answer. */
function refuse(_error: Error, socket: Socket): void {
  if (!socket.writable) return
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}
