import type { StepName } from './kill-site.ts'

/** What a round of the kill loop does, from its seed alone. */

export type Start = 'volume' | 'volume and bucket' | 'bucket' | 'aside' | 'aside and volume'

export interface Round {
  seed: number
  /** The lean child, or a command of the command line. */
  program: 'child' | 'archive' | 'recall'
  /** Where each blob is in the beginning. */
  starts: readonly Start[]
  groups: readonly (readonly StepName[])[]
  kill: Kill
}

/**
 * `release.unlink:before`, the nth time, which may be passed less often unless it is certain; or a moment, as a share of
 * what the program usually takes.
 */
export type Kill =
  | { at: 'a failpoint'; name: string; nth: number; certain: boolean }
  | { at: 'a moment'; share: number }
  | { at: 'no time' }

const STARTS: readonly Start[] = ['volume', 'volume and bucket', 'bucket', 'aside', 'aside and volume']
/** Never a recall beside a release, which the lease of a volume will keep apart. */
const GROUPS: readonly (readonly StepName[])[] = [
  ['archive'],
  ['release'],
  ['recall'],
  ['fetch'],
  ['archive', 'fetch'],
  ['release', 'read'],
  ['release', 'fetch'],
  ['recall', 'read'],
  ['evict'],
  ['fetch', 'evict'],
]
/** Passes every failpoint of these steps: what is aside is returned, what is released is fetched and recalled. */
const EVERY_STEP: Pick<Round, 'starts' | 'groups'> = {
  starts: ['aside', 'aside and volume', 'bucket', 'volume', 'volume'],
  groups: [['archive'], ['read'], ['release'], ['fetch'], ['evict'], ['recall']],
}
const LARGEST_NTH = 4
const GROUPS_OF_A_ROUND = 4

export const undisturbed: Round = { seed: -1, program: 'child', ...EVERY_STEP, kill: { at: 'no time' } }

/** Seeds from 0 go through the failpoints one by one; those after are random. */
export function planRound(seed: number, failpoints: readonly string[], blobs: number): Round {
  const each = failpoints[seed]
  if (each !== undefined)
    return {
      seed,
      program: 'child',
      ...EVERY_STEP,
      kill: { at: 'a failpoint', name: each, nth: 1, certain: true },
    }
  const random = createRandom(seed)
  const choose = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T
  const many = <T>(count: number, from: readonly T[]) => Array.from({ length: count }, () => choose(from))
  const nth = 1 + Math.floor(random() * LARGEST_NTH)
  const program = seed % 10 === 0 ? choose(['archive', 'recall'] as const) : 'child'
  // One command passes few of the failpoints.
  const atFailpoint = random() < (program === 'child' ? 0.5 : 0.2)
  return {
    ...{ seed, program },
    starts: many(blobs, STARTS),
    groups: many(GROUPS_OF_A_ROUND, GROUPS),
    kill: atFailpoint
      ? { at: 'a failpoint', name: choose(failpoints), nth, certain: false }
      : { at: 'a moment', share: random() },
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
