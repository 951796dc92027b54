import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startFaultProxy } from '../../sandbox/fault-proxy/proxy.ts'
import type { StackFunctions } from '../../sandbox/functions/stack-functions.ts'
import type { Installation } from '../../sandbox/installation.ts'
import type { PloneOptions } from './site.ts'

const EXAMPLE = fileURLToPath(new URL('nice-blobs.config.json', import.meta.url))

/** How often the agent looks after its volume: as nobody has to wait for a minute here. */
export const HEARTBEAT = 250
/** The schedule's, in milliseconds. */
export const EVERY = 6 * 3_600_000
/** The clock leaps by hours, and the disk of whoever tries this may be full. */
const SCHEDULE = { every: `${EVERY / 3_600_000}h`, silentAfter: '30d', leastFree: 0.000001 }

interface Example {
  readonly cache: object
  readonly databases: { readonly main: object }
  readonly stack: { readonly schedule: object }
}

export interface HostPlaces {
  readonly volume: string
  readonly cache: string
  readonly socket: string
}

/** The bucket as this host reaches it, or does not. */
export interface WayToBucket {
  readonly configuration: string
  isAway: boolean
  close(): Promise<void>
}

/** The example's configuration: where all is, and the main database's settings, are the caller's. */
function readExample({ settings }: Pick<PloneOptions, 'settings'>) {
  const example: Example = JSON.parse(readFileSync(EXAMPLE, 'utf8'))
  const main = { ...example.databases.main, ...settings?.main }
  const stack = { ...example.stack, ...settings?.stack }
  return { cache: example.cache, main, stack: { ...stack, schedule: { ...stack.schedule, ...SCHEDULE } } }
}

export function deploy(installation: Installation, options: PloneOptions): Promise<StackFunctions> {
  const { main, stack } = readExample(options)
  return installation.deploy({ databases: { main }, stack })
}

export async function configureHost(
  installation: Installation,
  bucket: string,
  { volume, cache, socket }: HostPlaces,
  options: PloneOptions,
): Promise<WayToBucket> {
  const { bucketEndpoint, region } = installation.sandbox
  let isAway = false
  const proxy = await startFaultProxy({
    target: bucketEndpoint,
    choose: () => (isAway ? { name: 'reset', moment: 'before' } : undefined),
  })
  const { main, cache: example } = readExample(options)
  const configuration = installation.configureHost('nice-blobs', {
    bucket: { name: bucket, region, endpoint: proxy.endpoint, pathStyle: true },
    cache: { ...example, directory: cache },
    agent: { socket, heartbeat: `${HEARTBEAT}ms` },
    databases: { main: { ...main, volumes: { blobs: volume } } },
  })
  return {
    configuration,
    get isAway() {
      return isAway
    },
    set isAway(away) {
      isAway = away
    },
    close: () => proxy.close(),
  }
}
