import { SAME_USE } from '../client/read/cache/cache.ts'
import { LOW_WATER } from '../client/read/cache/make-room.ts'
import { type CachedBlob, planEviction } from '../client/read/cache/plan-eviction.ts'
import { NOTE_EVERY } from '../client/read/locate.ts'

/**
 * How often the cache has what is asked for, against LRU, FIFO and Belady's bound (which knows the future), on the
 * requests of two days: a Zipf distribution, and a crawler that reads every blob once while they go on. All blobs are
 * of one size, since only then is the bound exact. The trace is the same in every run.
 */

const BLOBS = 20_000
const REQUESTS = 400_000
const DAYS = 2
const SKEW = 0.9
const CRAWL = { from: 0.4, until: 0.6 }

interface Request {
  blob: number
  /** Milliseconds. */
  at: number
}

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function makeTrace(): Request[] {
  const next = random(2026)
  const weights = Array.from({ length: BLOBS }, (_, rank) => 1 / (rank + 1) ** SKEW)
  const sums: number[] = []
  for (const weight of weights) sums.push((sums.at(-1) ?? 0) + weight)
  const whole = sums.at(-1) ?? 1
  const pick = () => lowerBound(sums, next() * whole)
  const span = DAYS * 86_400_000
  const trace: Request[] = []
  for (let i = 0; i < REQUESTS; i += 1) trace.push({ blob: pick(), at: (i / REQUESTS) * span })
  for (let i = 0; i < BLOBS; i += 1) {
    const share = CRAWL.from + (i / BLOBS) * (CRAWL.until - CRAWL.from)
    // Not in the order of popularity; 7,919 is prime to the number of blobs.
    trace.push({ blob: (i * 7_919) % BLOBS, at: share * span })
  }
  return trace.sort((a, b) => a.at - b.at)
}

function lowerBound(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return low
}

type Policy = (trace: readonly Request[], room: number) => number

/** The cache's own decisions: planEviction, with uses noted as a reader notes them. */
const ours: Policy = (trace, room) => {
  const present = new Map<number, CachedBlob & { used: number }>()
  let queue: (CachedBlob & { used: number })[] = []
  let hand = 0
  let arrivals = 0
  let hits = 0
  for (const { blob, at } of trace) {
    const known = present.get(blob)
    if (known) {
      hits += 1
      if (at - known.used >= NOTE_EVERY) known.used = at
      continue
    }
    if (present.size >= room) {
      const start = queue.findIndex(({ sequence }) => sequence > hand)
      const around = start === -1 ? queue : [...queue.slice(start), ...queue.slice(0, start)]
      const wish = { need: present.size + 1 - room, want: room * (1 - LOW_WATER), now: at }
      const plan = planEviction(
        () => around,
        cached => (cached as CachedBlob & { used: number }).used,
        wish,
      )
      for (const cached of plan.evict) present.delete(Number(cached.name))
      queue = queue.filter(({ name }) => present.has(Number(name)))
      for (const cached of queue)
        Object.assign(cached, { seen: plan.spare.get(cached.sequence) ?? cached.seen })
      hand = plan.hand
    }
    if (present.size >= room) continue
    arrivals += 1
    const cached = { sequence: arrivals, name: String(blob), size: 1, seen: at + SAME_USE, used: at }
    present.set(blob, cached)
    queue.push(cached)
  }
  return hits
}

const lru: Policy = (trace, room) => byOrder(trace, room, true)
const fifo: Policy = (trace, room) => byOrder(trace, room, false)

function byOrder(trace: readonly Request[], room: number, renew: boolean): number {
  const present = new Set<number>()
  let hits = 0
  for (const { blob } of trace) {
    const hit = present.has(blob)
    if (hit) hits += 1
    if (hit && renew) present.delete(blob)
    if (!hit && present.size >= room) present.delete(present.values().next().value ?? 0)
    present.add(blob)
  }
  return hits
}

/** Lets go what is needed last; does not even admit what is needed later than all the rest. */
const belady: Policy = (trace, room) => {
  const upcoming: number[] = new Array(trace.length).fill(Number.POSITIVE_INFINITY)
  const last = new Map<number, number>()
  for (let i = trace.length - 1; i >= 0; i -= 1) {
    const blob = trace[i]?.blob ?? 0
    upcoming[i] = last.get(blob) ?? Number.POSITIVE_INFINITY
    last.set(blob, i)
  }
  const present = new Map<number, number>()
  let hits = 0
  for (const [i, { blob }] of trace.entries()) {
    const needed = upcoming[i] ?? Number.POSITIVE_INFINITY
    if (present.has(blob)) hits += 1
    else if (present.size >= room) {
      let [latest, latestBlob] = [needed, blob]
      for (const [other, at] of present) if (at > latest) [latest, latestBlob] = [at, other]
      if (latestBlob === blob) continue
      present.delete(latestBlob)
    }
    present.set(blob, needed)
  }
  return hits
}

const trace = makeTrace()
console.log(`${trace.length} requests for ${BLOBS} blobs, Zipf ${SKEW}, a crawler among them; share of hits`)
console.log('room        ours    LRU   FIFO  bound')
for (const share of [0.01, 0.05, 0.1, 0.2]) {
  const room = Math.round(BLOBS * share)
  const ratios = [ours, lru, fifo, belady].map(policy => (policy(trace, room) / trace.length).toFixed(3))
  console.log(`${`${share * 100} %`.padEnd(10)} ${ratios.join('  ')}`)
}
