import { lstatSync, type Stats } from 'node:fs'
import { BlobUnavailable } from '../../core/model/errors.ts'
import type { Ref } from '../../core/model/ref.ts'

/** A place on this host where a blob may be a file. */
export interface Tier {
  readonly name: 'volume' | 'cache'
  /** The path where the blob would be; no promise that it is there. */
  pathOf(ref: Ref): string
}

export interface Located {
  path: string
  tier: 'volume' | 'cache' | 'bucket'
}

/**
 * The first tier that has the blob. Asked synchronously: for a file that is there, the kernel's answer takes a few
 * microseconds, a turn through the thread pool a hundred. A disk that does not answer, or a link or pipe under a blob's
 * name, is no missing blob (I11).
 */
export function locate(tiers: readonly Tier[], ref: Ref): Located | undefined {
  for (const { name, pathOf } of tiers) {
    const path = pathOf(ref)
    const stats = readStats(path)
    if (stats?.isFile()) return { path, tier: name }
    if (stats) throw unreadable(path, 'not a plain file')
  }
  return undefined
}

function readStats(path: string): Stats | undefined {
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
