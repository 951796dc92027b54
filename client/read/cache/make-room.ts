import { lstatSync, unlinkSync } from 'node:fs'
import type { CachePaths } from './cache-paths.ts'
import type { Ledger } from './ledger.ts'
import { type CachedBlob, planEviction } from './plan-eviction.ts'

/** Down to this share of the limit, so that not every arrival has to evict. */
export const LOW_WATER = 0.9

export interface Room {
  /** Bytes. */
  limit: number
  /** Milliseconds; planEviction's. */
  inUse?: number
  /** Told how many blobs had to go. */
  evicted?(blobs: number): void
}

/** Evicts until `size` bytes more are within the limit (I7); false when they cannot be. */
export function makeRoom(
  ledger: Ledger,
  paths: CachePaths,
  size: number,
  { limit, inUse, evicted }: Room,
  now: number,
): boolean {
  const wanted = size <= limit ? size : 0
  const need = ledger.bytes() + wanted - limit
  if (need > 0) {
    const gone = evict(ledger, paths, { need, want: need + limit * (1 - LOW_WATER), now }, inUse)
    evicted?.(gone)
  }
  return ledger.bytes() + size <= limit
}

function evict(
  ledger: Ledger,
  paths: CachePaths,
  wish: { need: number; want: number; now: number },
  inUse: number | undefined,
): number {
  const usedAt = ({ name }: CachedBlob) => {
    const stats = lstatSync(paths.pathOf(name), { throwIfNoEntry: false })
    // A link in its place takes no room.
    return stats?.isFile() ? stats.atimeMs : undefined
  }
  const plan = planEviction(() => ledger.fromHand(), usedAt, wish, inUse)
  for (const [sequence, seen] of plan.spare) ledger.spare(sequence, seen)
  for (const { name } of plan.gone) ledger.remove(name)
  const evicted = plan.evict.filter(({ name }) => removed(paths.pathOf(name)))
  for (const { name } of evicted) ledger.remove(name)
  if (plan.hand > 0) ledger.moveHand(plan.hand)
  return evicted.length
}

function removed(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    // What cannot be removed goes on taking room.
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
