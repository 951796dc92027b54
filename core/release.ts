import { link, mkdir, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Archive } from './archive.ts'
import type { BlobRow } from './model/blob-row.ts'
import { NiceBlobsError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import { makeRef, type Ref } from './model/ref.ts'
import { planRelease, type ReleaseKeeping, type ReleasePolicy } from './model/release-policy.ts'
import { requireSameObject, type VerifiedVersion } from './verify-object.ts'
import { type Source, withSource } from './volume/source.ts'
import { syncDirectory } from './volume/sync-directory.ts'
import { exists, isPacking, type Volume } from './volume/volume.ts'

export type ReleaseOutcome = 'released' | ReleaseKeeping

/**
 * Deletes the volume's copy of an archived blob (I1). The file first leaves its name, so that nothing can replace it
 * under our hands; what was renamed is then hashed and compared with the current object, and only that is
 * unlinked. Ended anywhere in between, the file stands aside and returnAside brings it back.
 */
export async function releaseBlob(
  archive: Archive,
  volume: Volume,
  row: BlobRow,
  policy: ReleasePolicy,
): Promise<ReleaseOutcome> {
  const decision = planRelease(row, { packing: await isPacking(volume), now: archive.now() }, policy)
  if (decision !== 'due') return decision
  const key = blobKey(archive.database, row)
  // Before anything moves: an outage or a conflict that can be seen now should not touch the file at all.
  const verified = await requireSameObject(archive.bucket, key, row, verifiedVersion(row))
  const aside = volume.asidePathOf(row)
  await renameAside(volume, row)
  try {
    await withSource(aside, async source => {
      requireSameBytes(source, row)
      await requireSameObject(archive.bucket, key, row, verified)
      await source.requireUnchanged()
      await unlink(aside)
    })
  } catch (error) {
    // What cannot be returned now stays aside whole, and the next run returns it.
    await returnOrDrop(volume, row).catch(() => {})
    throw error
  }
  return 'released'
}

/** A row is written only for verified bytes, so that its version needs no second reading. */
function verifiedVersion({ versionId }: BlobRow): VerifiedVersion | undefined {
  return versionId === undefined ? undefined : { versionId }
}

function requireSameBytes(source: Source, row: BlobRow): void {
  if (source.facts.sha256 === row.sha256 && source.facts.size === row.size) return
  throw new NiceBlobsError('BLOB_CONFLICT', 'the file is not the blob that was archived under this ref', {
    subject: `${row.oid}/${row.tid}`,
    hint: 'both are kept; a restored database that reuses its tids, or a damaged disk?',
  })
}

async function renameAside(volume: Volume, ref: Ref): Promise<void> {
  const path = volume.pathOf(ref)
  try {
    await mkdir(volume.asideDirectory, { recursive: true, mode: 0o700 })
    await rename(path, volume.asidePathOf(ref))
  } catch (cause) {
    const gone = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new NiceBlobsError(
      gone ? 'SOURCE_VANISHED' : 'TARGET_UNWRITABLE',
      `cannot move the file aside (${(cause as Error).message})`,
      {
        subject: path,
        hint: gone
          ? 'packed or released by somebody else meanwhile'
          : 'releasing needs to write in the volume',
        cause,
      },
    )
  }
}

/** Gives a file that stands aside its name back; never over another file. */
async function returnAside(volume: Volume, ref: Ref): Promise<void> {
  const path = volume.pathOf(ref)
  const aside = volume.asidePathOf(ref)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await linkOrRename(aside, path)
  await syncDirectory(dirname(path))
  await rm(aside, { force: true })
}

/** Not every file system has hard links; where it has, they never overwrite. */
async function linkOrRename(aside: string, path: string): Promise<void> {
  try {
    await link(aside, path)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error
    if (await exists(path)) throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST' })
    await rename(aside, path)
  }
}

/**
 * Returns what an earlier run that was killed left aside. A file whose name is taken again (somebody recalled the blob
 * meanwhile) stays aside when it has other bytes.
 */
export async function returnAllAside(volume: Volume): Promise<number> {
  const names = await readdir(volume.asideDirectory).catch(() => [])
  let returned = 0
  for (const name of names) {
    const [, oid, tid] = /^([0-9a-f]{16})-([0-9a-f]{16})\.blob$/.exec(name) ?? []
    if (oid === undefined || tid === undefined) continue
    await returnOrDrop(volume, makeRef(oid, tid))
    returned += 1
  }
  return returned
}

async function returnOrDrop(volume: Volume, ref: Ref): Promise<void> {
  try {
    await returnAside(volume, ref)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    await dropIfSame(volume, ref)
  }
}

async function dropIfSame(volume: Volume, ref: Ref): Promise<void> {
  const aside = volume.asidePathOf(ref)
  await withSource(volume.pathOf(ref), named =>
    withSource(aside, async left => {
      if (left.facts.sha256 === named.facts.sha256) return unlink(aside)
      throw new NiceBlobsError('BLOB_CONFLICT', 'two files with different bytes claim the same ref', {
        subject: aside,
        hint: `compare it with ${volume.pathOf(ref)} and remove the wrong one`,
      })
    }),
  )
}

/** Removes an oid's own directory. It fails, as it should, when a file has come into it meanwhile. */
export async function removeEmptyLeaf(volume: Volume, leaf: string): Promise<boolean> {
  return rmdir(join(volume.directory, leaf)).then(
    () => true,
    () => false,
  )
}
