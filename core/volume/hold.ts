import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { translateSystemError } from '../model/errors.ts'
import { OWN_DIRECTORY } from '../model/layout/layout.ts'
import type { Ref } from '../model/ref.ts'
import { exists, type Volume } from './volume.ts'
import { PRIVATE_DIRECTORY } from './with-parent.ts'

/** Whoever packs touches its mark each minute, so that one of a process that died does not hold for ever. */
export const PACKING_HOLDS = 600_000
/** Longer than any undo takes; nobody has to remove a pin. */
export const PIN_HOLDS = 3_600_000
/** Longer than the release of any one file takes. */
const ANNOUNCEMENT_HOLDS = 600_000

/** Why nothing of a volume, or nothing of one object, may be released at this moment. */
export type Hold = 'the volume is packing' | 'an undo needs it'

/**
 * Looked for once more after the release was announced: either we see the mark, or whoever made it sees the announcement and
 * waits until it is withdrawn (docs/formats.md, "Files on a host").
 */
export async function holdOn(volume: Volume, ref: Ref, now: number): Promise<Hold | undefined> {
  if (await isPacking(volume, now)) return 'the volume is packing'
  if (await isFresh(pinOf(volume, ref), now, PIN_HOLDS)) return 'an undo needs it'
  return undefined
}

/** Says that a blob may leave its name now; answers what takes that back. */
export async function announceRelease(volume: Volume, ref: Ref): Promise<() => Promise<void>> {
  const directory = announcedDirectory(volume)
  const path = join(directory, `${ref.oid}-${ref.tid}.${randomUUID()}`)
  try {
    await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
    await writeFile(path, '', { flag: 'wx' })
  } catch (error) {
    throw translateSystemError(error) ?? error
  }
  // One that cannot be removed, like that of a process that was killed, is waited for until it is too old.
  return () => rm(path, { force: true }).catch(() => {})
}

/** What killed releases have left; nobody waits for them any more. */
export async function removeStaleAnnouncements(volume: Volume, now: number): Promise<void> {
  const directory = announcedDirectory(volume)
  for (const name of await listNames(directory)) {
    const path = join(directory, name)
    const left = await stat(path).catch(() => undefined)
    // One from the future is a killed one's too, from before the clock was set.
    if (left && Math.abs(now - left.mtimeMs) > ANNOUNCEMENT_HOLDS) await rm(path, { force: true })
  }
}

function announcedDirectory({ directory }: Volume): string {
  return join(directory, OWN_DIRECTORY, 'announced')
}

/** FileStorage keeps `.removed` while it packs and deletes blobs by it; other packs are marked by the storage wrapper. */
async function isPacking(volume: Volume, now: number): Promise<boolean> {
  if (await exists(join(volume.directory, '.removed'))) return true
  const marks = join(volume.directory, OWN_DIRECTORY, 'packing')
  for (const name of await listNames(marks))
    if (await isFresh(join(marks, name), now, PACKING_HOLDS)) return true
  return false
}

/** All revisions of one object are pinned together. */
function pinOf(volume: Volume, { oid }: Ref): string {
  return join(volume.directory, OWN_DIRECTORY, 'pinned', oid)
}

async function listNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw translateSystemError(error) ?? error
  }
}

/** A mark from the future, by whosever clock, holds too. */
async function isFresh(mark: string, now: number, holds: number): Promise<boolean> {
  try {
    return now - (await stat(mark)).mtimeMs < holds
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw translateSystemError(error) ?? error
  }
}
