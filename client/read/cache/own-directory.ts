import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { NiceBlobsError } from '../../../core/model/errors.ts'
import { PRIVATE_DIRECTORY } from '../../../core/volume/with-parent.ts'
import { type CachePaths, cachePaths } from './cache-paths.ts'

const MARK = 'This directory is a cache of nice-blobs: files in it may be deleted at any time.\n'

/** Makes the directory if it is missing, and marks it as ours unless it belongs to somebody or something else. */
export function requireOwnDirectory(paths: CachePaths): void {
  mkdirSync(paths.directory, { recursive: true, mode: PRIVATE_DIRECTORY })
  if (!requireOurs(paths)) writeFileSync(paths.marker, MARK)
}

/**
 * Refuses a directory that belongs to somebody else or has something else in it: eviction deletes there, and what
 * is found there is believed. Answers whether it is marked already.
 */
export function requireOurs({ directory, marker, root }: CachePaths): boolean {
  const { uid, mode } = statSync(directory)
  const user = process.geteuid?.()
  if (user !== undefined && uid !== user)
    throw notOurs(directory, `it belongs to the user with the id ${uid}`)
  if ((mode & 0o022) !== 0) throw notOurs(directory, 'other users may write into it')
  const names = readdirSync(directory)
  if (names.includes(basename(marker))) return true
  if (names.some(name => name !== basename(root))) throw notOurs(directory, 'there is something else in it')
  return false
}

/** At the start a wrong directory is a mistake to mend; any other trouble is one that reads get around (I7). */
export function refuseForeign(directory: string): void {
  try {
    requireOwnDirectory(cachePaths(directory))
  } catch (error) {
    if (error instanceof NiceBlobsError) throw error
  }
}

function notOurs(directory: string, reason: string): NiceBlobsError {
  return new NiceBlobsError('CACHE_NOT_OURS', `this cannot be the cache: ${reason}`, {
    subject: directory,
    hint: 'name a directory for this alone in cache.directory, owned by the user who reads and closed to others (0700)',
  })
}
