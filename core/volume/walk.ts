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
 * Visits every blob below `start`, a directory on `level` of the layout, path relative to the volume. The layout
 * says from a name's depth whether it is a directory or a file, which spares asking the kernel for its type; calls
 * are synchronous, since this runs in a thread of its own.
 */
export function walk(
  directory: string,
  layout: Layout,
  start: string,
  level: number,
  visit: WalkVisitor,
): void {
  const names = readNames(directory, start, visit)
  if (level === layout.depth) visitLeaf(directory, layout, start, names, visit)
  else {
    for (const path of directoriesAmong(names, layout, start, level, visit)) {
      walk(directory, layout, path, level + 1, visit)
    }
  }
}

function directoriesAmong(
  names: readonly string[],
  layout: Layout,
  parent: string,
  level: number,
  visit: WalkVisitor,
): string[] {
  const found: string[] = []
  for (const name of names) {
    const path = parent === '' ? name : `${parent}/${name}`
    if (layout.hasDirectory(level, name)) found.push(path)
    else if (!isPassedOver(name)) visit.stranger({ path, what: 'foreign' })
  }
  return found
}

function visitLeaf(
  directory: string,
  layout: Layout,
  leaf: string,
  names: readonly string[],
  visit: WalkVisitor,
): void {
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
  try {
    return lstatSync(`${directory}/${path}`, { throwIfNoEntry: false })
  } catch {
    visit.stranger({ path, what: 'unreadable' })
    return undefined
  }
}

/** A directory that is not there any more was released or packed meanwhile; one we may not read is reported. */
function readNames(directory: string, path: string, visit: WalkVisitor): string[] {
  try {
    return readdirSync(`${directory}/${path}`)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOTDIR') visit.stranger({ path, what: 'foreign' })
    else if (code !== 'ENOENT') visit.stranger({ path, what: 'unreadable' })
    return []
  }
}

/** Directories to share out among threads: breadth first, until there are enough of them or they are leaves. */
export function splitWork(directory: string, layout: Layout, atLeast: number, visit: WalkVisitor) {
  let level = 0
  let paths = ['']
  while (level < layout.depth && paths.length < atLeast) {
    const below: string[] = []
    for (const path of paths) {
      below.push(...directoriesAmong(readNames(directory, path, visit), layout, path, level, visit))
    }
    paths = below
    level += 1
  }
  return { level, paths }
}
