import { type Dirent, lstatSync, readdirSync, rmSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { type CachePaths, isCacheName } from './cache-paths.ts'
import type { Ledger } from './ledger.ts'

/** Longer than any download is silent: what has not grown for so long, nobody is writing. */
const STALE = 3_600_000

/**
 * Fills a new ledger with what is there, in the order in which it came, and removes what is no use: links to blobs
 * that have left their volume, and bytes that never got their name.
 */
export function scanCache(paths: CachePaths, ledger: Ledger): void {
  const found: { name: string; stats: Stats }[] = []
  for (const name of namesBelow(paths.root)) {
    const stats = lstatSync(paths.pathOf(name), { throwIfNoEntry: false })
    if (stats?.isFile()) found.push({ name, stats })
    else if (stats?.isSymbolicLink()) removeDangling(paths.pathOf(name))
  }
  found.sort((a, b) => a.stats.ctimeMs - b.stats.ctimeMs)
  for (const { name, stats } of found) ledger.put(name, { size: stats.size, seen: stats.atimeMs })
  for (const { name } of list(paths.incoming)) removeStale(join(paths.incoming, name))
}

const LEVELS = 3

/** `<bucket>/<database>/<two digits>/<file>`, and whatever else is so deep. */
function* namesBelow(root: string, above = '', level = 0): Generator<string> {
  for (const entry of list(join(root, above))) {
    const name = above === '' ? entry.name : `${above}/${entry.name}`
    if (level < LEVELS && entry.isDirectory()) yield* namesBelow(root, name, level + 1)
    else if (level === LEVELS && isCacheName(name)) yield name
  }
}

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch {
    // Not there, or no directory: nothing of ours is in it.
    return []
  }
}

function removeDangling(link: string): void {
  if (!statSync(link, { throwIfNoEntry: false })) rmSync(link, { force: true })
}

function removeStale(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats && Date.now() - stats.mtimeMs > STALE) rmSync(path, { force: true })
}
