import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { isPassedOver, type Layout } from '../model/layout/layout.ts'
import type { Ref } from '../model/ref.ts'

/** A name in a volume that is no blob of its layout, or a blob's name on something that is no plain file. */
export interface Stranger {
  path: string
  what: 'foreign' | 'symlink' | 'not a file' | 'unreadable'
}

export interface WalkVisitor {
  blob(ref: Ref, stats: Stats): void
  stranger(stranger: Stranger): void
  /** An oid's own directory without anything in it; `since` is its mtime in milliseconds since 1970. */
  emptyLeaf(path: string, since: number): void
}

/**
 * Visits every blob below `start`, a directory on `level` of the layout, path relative to the volume. Calls are
 * synchronous: where there is much to walk, this runs in threads of its own.
 */
export function walk(
  directory: string,
  layout: Layout,
  start: string,
  level: number,
  visit: WalkVisitor,
): void {
  if (level === layout.depth) visitLeaf(directory, layout, start, visit)
  else {
    for (const path of directoriesIn(directory, layout, start, level, visit)) {
      walk(directory, layout, path, level + 1, visit)
    }
  }
}

/** A link to a directory is not followed: what it leads to is not in this volume, and nobody may release it. */
export function directoriesIn(
  directory: string,
  layout: Layout,
  parent: string,
  level: number,
  visit: WalkVisitor,
): string[] {
  const found: string[] = []
  const entries = reading(parent, visit, () => readdirSync(`${directory}/${parent}`, { withFileTypes: true }))
  for (const entry of entries ?? []) {
    const path = parent === '' ? entry.name : `${parent}/${entry.name}`
    const named = layout.hasDirectory(level, entry.name)
    if (named && entry.isDirectory()) found.push(path)
    else if (named || !isPassedOver(entry.name)) {
      visit.stranger({ path, what: entry.isSymbolicLink() ? 'symlink' : 'foreign' })
    }
  }
  return found
}

function visitLeaf(directory: string, layout: Layout, leaf: string, visit: WalkVisitor): void {
  const names = reading(leaf, visit, () => readdirSync(`${directory}/${leaf}`)) ?? []
  if (names.length === 0) {
    const stats = readStats(directory, leaf, visit)
    if (stats?.isDirectory()) visit.emptyLeaf(leaf, stats.mtimeMs)
  }
  for (const name of names) {
    const path = `${leaf}/${name}`
    const ref = layout.parse(path)
    if (ref) visitBlob(directory, path, ref, visit)
    else if (!isPassedOver(name)) visit.stranger({ path, what: 'foreign' })
  }
}

function visitBlob(directory: string, path: string, ref: Ref, visit: WalkVisitor): void {
  const stats = readStats(directory, path, visit)
  if (stats === undefined) return
  if (stats.isFile()) visit.blob(ref, stats)
  else visit.stranger({ path, what: stats.isSymbolicLink() ? 'symlink' : 'not a file' })
}

function readStats(directory: string, path: string, visit: WalkVisitor): Stats | undefined {
  return reading(path, visit, () => lstatSync(`${directory}/${path}`))
}

/** What is not there any more was released or packed meanwhile; what we may not read is told. */
function reading<T>(path: string, visit: WalkVisitor, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') visit.stranger({ path, what: 'unreadable' })
    return undefined
  }
}

/** Directories to share out among threads: breadth first, until there are enough of them or they are leaves. */
export function splitWork(directory: string, layout: Layout, atLeast: number, visit: WalkVisitor) {
  let level = 0
  let paths = ['']
  while (level < layout.depth && paths.length < atLeast) {
    const below: string[] = []
    for (const path of paths) {
      // Not spread into one push: a lawn may have more directories than a call may have arguments.
      for (const found of directoriesIn(directory, layout, path, level, visit)) below.push(found)
    }
    paths = below
    level += 1
  }
  return { level, paths }
}
