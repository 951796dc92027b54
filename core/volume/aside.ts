import { randomUUID } from 'node:crypto'
import { link, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NiceBlobsError, translateSystemError } from '../model/errors.ts'
import { formatRef, makeRef, type Ref } from '../model/ref.ts'
import { withSource } from './source.ts'
import { syncDirectory } from './sync-directory.ts'
import { exists, type Volume } from './volume.ts'

const ASIDE_NAME = /^([0-9a-f]{16})-([0-9a-f]{16})\.[0-9a-f-]{36}\.blob$/

/** A file that has left its name for the time of its release. */
export interface Aside {
  readonly ref: Ref
  readonly path: string
}

/** Renames a blob's file to a name nobody else uses, so that nothing is replaced, neither there nor under our hands. */
export async function moveAside(volume: Volume, ref: Ref): Promise<Aside> {
  const from = volume.pathOf(ref)
  const path = join(volume.asideDirectory, `${formatRef(ref).replace('/', '-')}.${randomUUID()}.blob`)
  try {
    await mkdir(volume.asideDirectory, { recursive: true, mode: 0o700 })
    await rename(from, path)
    return { ref, path }
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'ENOENT' ? vanished(from, cause) : unwritable(from, cause)
  }
}

/** Gives a file that stands aside its name back. Where the name is taken, it is dropped if it has the same bytes. */
export async function returnAside(volume: Volume, { ref, path: aside }: Aside): Promise<void> {
  const path = volume.pathOf(ref)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await linkOrRename(aside, path)
    await syncDirectory(dirname(path))
    await rm(aside, { force: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') await dropIfSame(aside, path)
    // Somebody else's run returned it a moment ago.
    else if (code !== 'ENOENT') throw translateSystemError(error) ?? error
  }
}

/** Longer than the release of any one file takes, in milliseconds. */
const DEAD_AFTER = 600_000

/**
 * Returns what runs left aside that were killed; what cannot be returned is told, and keeps nothing else up. With `now`, in milliseconds
 * since 1970, only what has stood there for so long that nobody can be releasing it. Answers how many there were.
 */
export async function returnAllAside(
  volume: Volume,
  tell: (error: NiceBlobsError) => void,
  now?: number,
): Promise<number> {
  let returned = 0
  for (const aside of await listAside(volume)) {
    if (now !== undefined && !(await isDead(aside, now))) continue
    try {
      await returnAside(volume, aside)
      returned += 1
    } catch (error) {
      if (!(error instanceof NiceBlobsError)) throw error
      tell(error)
    }
  }
  return returned
}

/** Renaming it was the last change. One from the future was renamed before the clock was set. */
async function isDead({ path }: Aside, now: number): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined)
  return stats !== undefined && Math.abs(now - stats.ctimeMs) > DEAD_AFTER
}

async function listAside(volume: Volume): Promise<Aside[]> {
  const names = await readdir(volume.asideDirectory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.flatMap(name => {
    const [, oid, tid] = ASIDE_NAME.exec(name) ?? []
    if (oid === undefined || tid === undefined) return []
    return [{ ref: makeRef(oid, tid), path: join(volume.asideDirectory, name) }]
  })
}

/** Not every file system has hard links; where it has, they never overwrite. */
export async function linkOrRename(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error
    if (await exists(to)) throw Object.assign(new Error(`${to} exists`), { code: 'EEXIST', cause: error })
    await rename(from, to)
  }
}

async function dropIfSame(aside: string, path: string): Promise<void> {
  await withSource(path, named =>
    withSource(aside, async left => {
      if (left.facts.sha256 === named.facts.sha256) return rm(aside, { force: true })
      throw new NiceBlobsError('BLOB_CONFLICT', 'two files with different bytes claim the same ref', {
        subject: aside,
        hint: `compare it with ${path} and remove the wrong one`,
      })
    }),
  )
}

function vanished(path: string, cause: unknown): NiceBlobsError {
  return new NiceBlobsError('SOURCE_VANISHED', 'the file is gone', {
    subject: path,
    hint: 'packed or released by somebody else meanwhile',
    cause,
  })
}

function unwritable(path: string, cause: unknown): NiceBlobsError {
  return new NiceBlobsError('TARGET_UNWRITABLE', `cannot move the file aside (${(cause as Error).message})`, {
    subject: path,
    hint: 'releasing needs to write in the volume',
    cause,
  })
}
