import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { NiceBlobsError } from '../../../core/model/errors.ts'
import { type CachePaths, cachePaths } from './cache-paths.ts'

const PRIVATE = 0o700

/**
 * Refuses a directory that belongs to somebody else or has something else in it: eviction deletes there, and what
 * is found there is believed. One that is missing or empty becomes ours.
 */
export function requireOwnDirectory({ directory, marker, root }: CachePaths): void {
  mkdirSync(directory, { recursive: true, mode: PRIVATE })
  const { uid, mode } = statSync(directory)
  const user = process.geteuid?.()
  if (user !== undefined && uid !== user)
    throw notOurs(directory, `it belongs to the user with the id ${uid}`)
  if ((mode & 0o022) !== 0) throw notOurs(directory, 'other users may write into it')
  const names = readdirSync(directory)
  if (names.includes(basename(marker))) return
  const foreign = names.some(name => name !== basename(root))
  if (foreign) throw notOurs(directory, 'there is something else in it')
  writeFileSync(marker, 'This directory is a cache of nice-blobs: files in it may be deleted at any time.\n')
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
