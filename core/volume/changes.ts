import { createGiveWay } from '../give-way.ts'
import type { VolumeFile } from '../model/archive-policy.ts'
import type { HexId } from '../model/ref.ts'
import { type KnownDirectory, lookAt } from './directory-time.ts'
import { type OidRange, oidsBelow } from './oid-range.ts'
import { requireThere, type Volume } from './volume.ts'
import { directoriesIn, type WalkVisitor, walk } from './walk.ts'

/** A bushy directory has 256 at the most; where there are more, only those are looked into that are new. */
const FEW_LEAVES = 1_024
const BLOBS_AT_ONCE = 1_024
/** Milliseconds in which a file may still come into an oid's directory that is empty. */
export const FILLS_WITHIN = 600_000

/** What an earlier scan and earlier looks left behind. */
export interface Known {
  /** All directories above the leaves; what is forgotten meanwhile is not shown any more. */
  directories(): Iterable<KnownDirectory>
  hasDirectory(path: string): boolean
  hasOid(oid: HexId): boolean
}

export type Change =
  /** Files that are there, known or not. */
  | { what: 'blobs'; files: VolumeFile[] }
  /** Nobody looked, or could look: whatever is known of these stays as it is. */
  | { what: 'unseen'; oids: OidRange[] }
  /** All in this directory has been told of. `oids` where it is a parent of leaves: what was not told of them is gone. */
  | { what: 'read'; directory: KnownDirectory; oids?: OidRange }
  /** With all that stood below it. */
  | { what: 'gone'; path: string; oids: OidRange }

export interface LookOptions {
  /** Milliseconds since 1970. */
  now(): number
  signal?: AbortSignal | undefined
}

/**
 * What happened in a volume, told by the times of the directories above its leaves: new oids and those that are gone. A
 * new revision of an oid changes no directory but the oid's own; it is found only beside other changes, or by a scan.
 * May be broken off anywhere, since a directory is `read` after all in it has been told of.
 */
export async function* changesIn(
  volume: Volume,
  known: Known,
  { now, signal }: LookOptions,
): AsyncGenerator<Change> {
  const giveWay = createGiveWay()
  requireThere(volume)
  for (const { path, time } of known.directories()) {
    await giveWay()
    if (signal?.aborted) return
    const found = lookAt(volume, path, now)
    if (found === 'unreadable') continue
    if (found === 'gone') {
      // Of a volume that was unmounted at this moment, nothing is gone.
      requireThere(volume)
      yield { what: 'gone', path, oids: oidsBelow(volume.layout, path) }
    } else if (time === undefined || found.time !== time) yield* readAnew(volume, found, known, now)
  }
}

function* readAnew(
  volume: Volume,
  found: KnownDirectory,
  known: Known,
  now: () => number,
): Generator<Change> {
  const { layout, directory } = volume
  const { path } = found
  const level = path === '' ? 0 : path.split('/').length
  const seen = createSeen(volume)
  const below = directoriesIn(directory, layout, path, level, seen.visitor)
  const ofLeaves = level === layout.depth - 1
  if (ofLeaves) yield* readLeaves(volume, below, known, seen)
  else yield* readNew(volume, below, known, now)
  yield* seen.take()
  requireThere(volume)
  const told = seen.isWhole(now()) ? found : { path, time: undefined }
  yield { what: 'read', directory: told, ...(ofLeaves && { oids: oidsBelow(layout, path) }) }
}

/** Those that are known have their turn by themselves. */
function* readNew(
  volume: Volume,
  below: readonly string[],
  known: Known,
  now: () => number,
): Generator<Change> {
  for (const path of below) {
    if (known.hasDirectory(path)) continue
    const found = lookAt(volume, path, now)
    if (typeof found === 'object') yield* readAnew(volume, found, known, now)
  }
}

function* readLeaves(volume: Volume, leaves: readonly string[], known: Known, seen: Seen): Generator<Change> {
  const { layout, directory } = volume
  const all = leaves.length <= FEW_LEAVES
  for (const leaf of leaves) {
    const oids = oidsBelow(layout, leaf)
    if (all || !known.hasOid(oids.first)) walk(directory, layout, leaf, layout.depth, seen.visitor)
    else seen.passOver(oids)
    if (seen.count() >= BLOBS_AT_ONCE) yield* seen.take()
  }
}

type Seen = ReturnType<typeof createSeen>

function createSeen({ layout }: Volume) {
  let files: VolumeFile[] = []
  let unseen: OidRange[] = []
  let unreadable = false
  let lastEmptied = Number.NEGATIVE_INFINITY
  const visitor: WalkVisitor = {
    blob: (ref, { size, ctimeMs }) => void files.push({ ref, size, changed: ctimeMs }),
    stranger({ path, what }) {
      if (what !== 'unreadable') return
      unreadable = true
      unseen.push(oidsBelow(layout, path))
    },
    emptyLeaf(_path, since) {
      lastEmptied = Math.max(lastEmptied, since)
    },
  }
  return {
    visitor,
    passOver: (oids: OidRange) => void unseen.push(oids),
    count: () => files.length + unseen.length,
    /** Whether it needs no other look, unless its time changes. */
    isWhole: (now: number) => !unreadable && now - lastEmptied >= FILLS_WITHIN,
    *take(): Generator<Change> {
      if (files.length > 0) yield { what: 'blobs', files }
      if (unseen.length > 0) yield { what: 'unseen', oids: unseen }
      files = []
      unseen = []
    },
  }
}
