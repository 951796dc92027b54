import { lstatSync } from 'node:fs'
import type { Volume } from './volume.ts'
import { directoriesIn, type WalkVisitor } from './walk.ts'

/**
 * Milliseconds after which a directory that changes gets another time than before: more than the steps of the coarsest
 * file systems, and some seconds between the clocks of hosts.
 */
const SETTLED = 10_000

/** A directory above the leaves, path relative to the volume. */
export interface KnownDirectory {
  readonly path: string
  /**
   * When an entry last came or went, before its entries were read. Undefined when that was so short before that the next
   * change may not show, or when they could not all be read: it has to be read again.
   */
  readonly time: number | undefined
}

/** `now` is the clock, milliseconds since 1970; what is no directory any more, be it a link to one, is gone. */
export function lookAt(
  { directory }: Volume,
  path: string,
  now: () => number,
): KnownDirectory | 'gone' | 'unreadable' {
  const before = now()
  try {
    const stats = lstatSync(`${directory}/${path}`, { throwIfNoEntry: false })
    if (!stats?.isDirectory()) return 'gone'
    // Copying programs set the mtime back; the ctime nobody can, but not every file system keeps it.
    const time = Math.max(stats.mtimeMs, stats.ctimeMs)
    return { path, time: before - time >= SETTLED ? time : undefined }
  } catch {
    return 'unreadable'
  }
}

const silent: WalkVisitor = { blob() {}, stranger() {}, emptyLeaf() {} }

/** All directories above the leaves, for what comes after to be told from what a scan finds that begins after this. */
export function* directoriesAbove(
  volume: Volume,
  now: () => number,
  path = '',
  level = 0,
): Generator<KnownDirectory> {
  const { directory, layout } = volume
  const found = lookAt(volume, path, now)
  if (found === 'gone' || found === 'unreadable') return
  yield found
  if (level === layout.depth - 1) return
  for (const below of directoriesIn(directory, layout, path, level, silent)) {
    yield* directoriesAbove(volume, now, below, level + 1)
  }
}
