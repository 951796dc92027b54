import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { BlobBucket } from '../../core/ports.ts'
import type { Located } from '../read/locate.ts'
import type { VolumeState } from './keeper/messages.ts'

/** What the agent counts, in the words of docs/agent.md. */
export interface Measures {
  text(): Promise<string>
  contentType: string
  found(database: string, tier: Located['tier'] | 'past the cache'): void
  /** From where a browser gets a blob; `bucket`: through this host. */
  delivered(database: string, from: Located['tier'] | 'edge'): void
  failed(code: string): void
  evicted(blobs: number): void
  sent(bytes: number): void
  /** By the keepers, on their own account. */
  moved(database: string, what: 'archived' | 'released', bytes: number): void
  keeping(volume: VolumeState): void
  /** Seconds since a request came. */
  answered(kind: string, status: number, seconds: number): void
  /** The same bucket, its bytes counted. */
  measured(bucket: BlobBucket): BlobBucket
}

const SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60]

/** `cacheBytes` is asked when the measures are; undefined where nobody can tell. */
export function createMeasures(cacheBytes: () => number | undefined, cacheLimit: number): Measures {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const count = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `nice_blobs_${name}`, help, labelNames, registers })
  const reads = count('reads_total', 'Blobs found, by tier', 'database', 'tier')
  const deliveries = count(
    'deliveries_total',
    'Blobs delivered to browsers, by where from',
    'database',
    'from',
  )
  const failures = count('failures_total', 'Requests that ended with an error, by code', 'code')
  const fetched = count('fetched_bytes_total', 'Bytes that came from the bucket')
  const stored = count('stored_bytes_total', 'Bytes that the bucket took')
  const sent = count('sent_bytes_total', 'Bytes of blobs sent through the socket')
  const evictions = count('cache_evictions_total', 'Blobs evicted from the cache by this agent')
  const moved = {
    archived: count('archived_bytes_total', 'Bytes that the schedule had archived', 'database'),
    released: count('released_bytes_total', 'Bytes that left a volume', 'database'),
  }
  const states = new Map<string, string>()
  const keeping = new Gauge({
    name: 'nice_blobs_keeper_state',
    help: '1 for what is done with a volume at the moment',
    labelNames: ['database', 'volume', 'state'],
    registers,
  })
  const latency = new Histogram({
    name: 'nice_blobs_request_seconds',
    help: 'From a request to the end of its answer',
    labelNames: ['kind', 'status'],
    buckets: SECONDS,
    registers,
  })
  new Gauge({
    name: 'nice_blobs_cache_bytes',
    help: 'What the cached blobs take',
    registers,
    collect() {
      const bytes = cacheBytes()
      if (bytes === undefined) this.reset()
      else this.set(bytes)
    },
  })
  new Gauge({ name: 'nice_blobs_cache_limit_bytes', help: 'What they may take', registers }).set(cacheLimit)

  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    found: (database, tier) => reads.inc({ database, tier }),
    delivered: (database, from) => deliveries.inc({ database, from }),
    failed: code => failures.inc({ code }),
    evicted: blobs => evictions.inc(blobs),
    sent: bytes => sent.inc(bytes),
    moved: (database, what, bytes) => moved[what].inc({ database }, bytes),
    keeping({ database, volume, state }) {
      const before = states.get(`${database}/${volume}`)
      if (before !== undefined) keeping.remove({ database, volume, state: before })
      keeping.set({ database, volume, state }, 1)
      states.set(`${database}/${volume}`, state)
    },
    answered: (kind, status, seconds) => latency.observe({ kind, status }, seconds),
    measured: bucket => ({
      ...bucket,
      async put(key, facts, bytes, signal) {
        const result = await bucket.put(key, facts, bytes, signal)
        if (result.outcome === 'stored') stored.inc(facts.size)
        return result
      },
      async get(key, signal) {
        const got = await bucket.get(key, signal)
        return got && { ...got, body: counted(got.body, bytes => fetched.inc(bytes)) }
      },
    }),
  }
}

async function* counted(body: AsyncIterable<Uint8Array>, count: (bytes: number) => void) {
  for await (const chunk of body) {
    count(chunk.length)
    yield chunk
  }
}
