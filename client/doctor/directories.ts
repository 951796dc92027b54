import { accessSync, constants, existsSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { dirname, relative, sep } from 'node:path'
import { type ErrorCode, NiceBlobsError } from '../../core/model/errors.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import { isBare, openVolume } from '../../core/volume/volume.ts'
import { cachePaths } from '../read/cache/cache-paths.ts'
import { requireOurs } from '../read/cache/own-directory.ts'
import type { Condition } from './diagnosis.ts'

const LITTLE_SPACE = 1e9

/** Whether blobs can be kept there; nothing is made or written. */
export function examineCache(directory: string, volumes: readonly string[]): Condition {
  const made = existsSync(directory)
  const there = made ? directory : nearest(directory)
  const volume = volumes.find(volume => existsSync(volume) && isWithin(there, volume))
  if (volume) throw unfit('CONFIG_INVALID', directory, `it lies in the volume ${volume}`)
  if (made) requireOurs(cachePaths(directory))
  if (!isWritable(there)) throw unfit('TARGET_UNWRITABLE', directory, 'this user cannot write there')
  const { bavail, bsize } = statfsSync(there)
  const free = bavail * bsize
  const told = `${directory}${made ? '' : ', to be made'}, ${formatBytes(free)} free`
  if (free >= LITTLE_SPACE) return { level: 'ok', told }
  return { level: 'warn', told, mend: 'give the cache the space of what is read often' }
}

/** Whether it can be opened, and by the user its files belong to. */
export function examineVolume(directory: string): Condition {
  const { layout } = openVolume(directory)
  const told = `${directory}, layout ${layout.name}`
  const { uid } = statSync(directory)
  if (isBare(directory)) {
    const mend = 'mount its file system; a volume that is meant to be empty needs the file .layout'
    return { level: 'warn', told: `${told}: there is nothing in it, not even a layout marker`, mend }
  }
  if (!layout.owned) {
    const mend = 'archive on the server that owns the blobs, or from the shared blob directory'
    return { level: 'warn', told: `${told}: another program’s cache, only to be read`, mend }
  }
  if (isOwn(uid)) return { level: 'ok', told }
  const mend = `run nice-blobs as that user: sudo -u '#${uid}' npx nice-blobs …`
  return { level: 'warn', told: `${told}; it belongs to the user with the id ${uid}`, mend }
}

/** Where a directory that is not there would be made. */
function nearest(directory: string): string {
  return existsSync(directory) ? directory : nearest(dirname(directory))
}

function isWithin(path: string, volume: string): boolean {
  const way = relative(realpathSync(volume), realpathSync(path))
  return way !== '..' && !way.startsWith(`..${sep}`)
}

/** Where the system knows no users, everything is one's own. */
function isOwn(uid: number): boolean {
  return uid === (process.geteuid?.() ?? uid)
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    return statSync(directory).isDirectory()
  } catch {
    return false
  }
}

function unfit(code: ErrorCode, subject: string, message: string): NiceBlobsError {
  const hint = 'set cache.directory to one outside of every volume that this user owns and can write'
  return new NiceBlobsError(code, message, { subject, hint })
}
