/** A blob in the cache, in the order of arrival. Times in milliseconds since 1970, sizes in bytes. */
export interface CachedBlob {
  readonly sequence: number
  readonly name: string
  readonly size: number
  /** A use later than this counts as a visit. */
  readonly seen: number
}

export interface EvictionPlan {
  readonly evict: readonly CachedBlob[]
  /** Whose files are gone already. */
  readonly gone: readonly CachedBlob[]
  /** Visited since they were last looked at: spared once. */
  readonly spare: ReadonlyMap<number, number>
  /** The blob where the next plan goes on. */
  readonly hand: number
}

export interface EvictionWish {
  /** Bytes that must go. */
  need: number
  /** Bytes that should go as well, while it costs little. */
  want: number
  now: number
}

/** Whoever used a file within this time may be about to open it. Uses are noted once a minute at most. */
export const IN_USE = 120_000
/** How many blobs are evicted for the sake of `want` at a time: a reader is waiting. */
const AT_A_TIME = 64
/** How many blobs are looked at in one go, which takes about a tenth of a second; the next plan goes on from there. */
const LOOKED_AT = 4_096

/**
 * What to evict: SIEVE (Zhang et al., NSDI 2024). A hand goes through the blobs in the order of their arrival and
 * evicts what was not visited since it last came by, so that what is read once, as by a crawler, goes first and
 * what is read often stays, without anything being written on a hit. `queue` gives the blobs from the hand on, once
 * around; `usedAt` when a blob's file was last used, undefined when it is gone.
 */
export function planEviction(
  queue: () => Iterable<CachedBlob>,
  usedAt: (blob: CachedBlob) => number | undefined,
  { need, want, now }: EvictionWish,
  inUse = IN_USE,
): EvictionPlan {
  const plan = {
    evict: [] as CachedBlob[],
    gone: [] as CachedBlob[],
    spare: new Map<number, number>(),
    hand: 0,
  }
  let freed = 0
  let looked = 0
  const enough = () => freed >= need && (freed >= want || plan.evict.length >= AT_A_TIME)
  // Around twice at most: whoever was spared at first may have to go after all.
  for (const round of [1, 2]) {
    for (const blob of queue()) {
      if (enough() || looked >= LOOKED_AT) return plan
      looked += 1
      plan.hand = blob.sequence
      if (round === 2 && !plan.spare.has(blob.sequence)) continue
      const used = usedAt(blob)
      const visited = round === 1 && used !== undefined && used > blob.seen
      if (used === undefined) plan.gone.push(blob)
      else if (Math.abs(now - used) < inUse) continue
      else if (visited) plan.spare.set(blob.sequence, used)
      else plan.evict.push(blob)
      if (!visited) freed += blob.size
    }
    if (freed >= need) return plan
  }
  return plan
}
