import { lstatSync, readlinkSync, type Stats, utimesSync } from 'node:fs'
import { BlobUnavailable } from '../../core/model/errors.ts'
import type { Ref } from '../../core/model/ref.ts'
import type { Volume } from '../../core/volume/volume.ts'
import type { Cache } from './cache/cache.ts'

export interface Located {
  /** The same for a ref on this host whichever tier has it (I12). */
  path: string
  tier: 'volume' | 'cache' | 'bucket'
}

/** `file` is where the bytes really are. */
export interface Found extends Located {
  file: string
}

/** How often a use of a cached blob is noted, in milliseconds; what was used lately is not evicted. */
export const NOTE_EVERY = 60_000

/**
 * Where a blob is on this host: under its stable path, as a file or as a link into a volume, or still only in a volume,
 * for which the link is made then. Asked synchronously: for a file that is there, the kernel's answer takes a few
 * microseconds, a turn through the thread pool a hundred. A disk that does not answer, or a link or pipe under a
 * blob's name, is no missing blob (I11).
 */
export function locate(
  cache: Cache,
  volumes: readonly Volume[],
  ref: Ref,
  tell: (trouble: unknown) => void,
): Found | undefined {
  const path = cache.pathOf(ref)
  const cached = cachedStats(path, tell)
  if (cached?.isFile() && noteUse(path, cached)) return { path, file: path, tier: 'cache' }
  const linked = cached?.isSymbolicLink() ? targetOf(path) : undefined
  for (const volume of volumes) {
    const file = volume.pathOf(ref)
    const stats = volumeStats(file)
    if (stats === undefined) continue
    if (!stats.isFile()) throw unreadable(file, 'not a plain file')
    const reached = linked === file || link(cache, ref, file, tell)
    return { path: reached ? path : file, file, tier: 'volume' }
  }
  return undefined
}

/** Trouble with the cache is told and costs its use, never the read (I7). */
function cachedStats(path: string, tell: (trouble: unknown) => void): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    tell(error)
    return undefined
  }
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    // Replaced this very moment.
    return undefined
  }
}

/** False when it was evicted this very moment. */
function noteUse(path: string, { atimeMs, mtime }: Stats): boolean {
  const age = Date.now() - atimeMs
  if (age >= 0 && age < NOTE_EVERY) return true
  try {
    utimesSync(path, new Date(), mtime)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
  return true
}

function link(cache: Cache, ref: Ref, file: string, tell: (trouble: unknown) => void): boolean {
  try {
    cache.link(ref, file)
    return true
  } catch (error) {
    tell(error)
    return false
  }
}

function volumeStats(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw unreadable(path, (error as Error).message, error)
  }
}

export function unreadable(path: string, message: string, cause?: unknown): BlobUnavailable {
  return new BlobUnavailable('DISK_UNREADABLE', `cannot read the local file (${message})`, {
    subject: path,
    hint: 'check the disk and the rights of this user; the blob may be whole in another tier',
    cause,
  })
}
