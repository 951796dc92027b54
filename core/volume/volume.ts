import { opendirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { BlobUnavailable, NiceBlobsError, translateSystemError } from '../model/errors.ts'
import { chooseLayout } from '../model/layout/choose-layout.ts'
import { isPassedOver, LAYOUT_MARKER, type Layout, OWN_DIRECTORY } from '../model/layout/layout.ts'
import type { Ref } from '../model/ref.ts'

/** An opened blob directory. The only functions that make paths into one are here. */
export interface Volume {
  readonly directory: string
  readonly layout: Layout
  /** Of the directory when it was opened: another one under its path is another volume, or an empty mount point. */
  readonly inode: string
  /** `/srv/blobs/0x00/…/0x04/0xd2/0x03d167f919308700.blob` */
  pathOf(ref: Ref): string
  /** Where files wait while they are being released. */
  readonly asideDirectory: string
  /** Where arriving bytes are verified before they get their name. */
  readonly incomingDirectory: string
}

export function openVolume(directory: string): Volume {
  const names = listDirectory(directory)
  const layout = chooseLayout({
    directory,
    marker: readMarker(directory),
    names,
    namesBelow: namesBelow(directory, names),
  })
  return volumeAt(directory, layout)
}

function volumeAt(directory: string, layout: Layout): Volume {
  return {
    directory,
    layout,
    inode: identify(directory),
    pathOf: ref => `${directory}/${layout.format(ref)}`,
    asideDirectory: join(directory, OWN_DIRECTORY, 'releasing'),
    incomingDirectory: join(directory, OWN_DIRECTORY, 'incoming'),
  }
}

function inodeOf(directory: string): string {
  const { dev, ino } = statSync(directory)
  return `${dev}:${ino}`
}

function identify(directory: string): string {
  try {
    return inodeOf(directory)
  } catch (cause) {
    throw directoryUnreadable(directory, cause)
  }
}

/**
 * Before a blob is called missing, or anything is written: a volume that is unmounted, moved away or empty has no blob of
 * any ref, and says nothing of it (I11). ZODB gives a volume its layout's marker before any blob.
 */
export function requireThere(volume: Volume): void {
  const { directory, inode } = volume
  let trouble = 'another directory has its path'
  try {
    if (inodeOf(directory) === inode && !isBare(directory)) return
    if (inodeOf(directory) === inode) trouble = 'there is nothing in it, not even a layout marker'
  } catch (error) {
    trouble = (error as Error).message
  }
  throw new BlobUnavailable('DISK_UNREADABLE', `the volume is not what it was (${trouble})`, {
    subject: directory,
    hint: 'is its file system mounted? A volume that is meant to be empty needs the file .layout',
  })
}

/**
 * What a new disk has (`lost+found`), and what we or a program wrote while none was mounted, is no sign of a volume.
 * Without listing it: a lawn has all its oids in there.
 */
export function isBare(directory: string): boolean {
  if (statSync(join(directory, LAYOUT_MARKER), { throwIfNoEntry: false })) return false
  const opened = opendirSync(directory)
  try {
    let entry = opened.readSync()
    while (entry && isPassedOver(entry.name)) entry = opened.readSync()
    return entry === null
  } finally {
    opened.closeSync()
  }
}

/** What cannot be looked at is not taken for absent: somebody packs by it, or would be renamed over. */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw translateSystemError(error) ?? error
  }
}

/** Archiving and releasing are only for directories that an application owns. */
export function requireOwned(volume: Volume): void {
  if (volume.layout.owned) return
  throw new NiceBlobsError('LAYOUT_NOT_OURS', `the layout ${volume.layout.name} is another program's cache`, {
    subject: volume.directory,
    hint: 'archive on the server that owns the blobs, or from the shared blob directory',
  })
}

/** What root recalls into another user's volume, that user could not read. */
export function requireOwnUser({ directory }: Volume): void {
  if (process.geteuid?.() !== 0) return
  const { uid } = statSync(directory)
  if (uid === 0) return
  throw new NiceBlobsError('USAGE_WRONG', `the volume belongs to the user with the id ${uid}, not to root`, {
    subject: directory,
    hint: `recall as that user: sudo -u '#${uid}' npx nice-blobs recall …`,
  })
}

function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (cause) {
    throw directoryUnreadable(directory, cause)
  }
}

function directoryUnreadable(directory: string, cause: unknown): NiceBlobsError {
  return new NiceBlobsError(
    'DIRECTORY_UNREADABLE',
    `cannot read the directory (${(cause as Error).message})`,
    {
      subject: directory,
      hint: 'check that it exists and that this user may read it',
      cause,
    },
  )
}

function readMarker(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, LAYOUT_MARKER), 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new NiceBlobsError(
      'DIRECTORY_UNREADABLE',
      `cannot read the layout marker (${(cause as Error).message})`,
      {
        subject: join(directory, LAYOUT_MARKER),
        hint: 'this user needs to read it',
        cause,
      },
    )
  }
}

function namesBelow(directory: string, names: readonly string[]): string[] {
  for (const name of names) {
    if (isPassedOver(name)) continue
    const path = join(directory, name)
    if (isDirectory(path)) return listDirectory(path)
  }
  return []
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // Whether it is gone or may not be looked at, the walk will tell.
    return false
  }
}
