import { rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Archive } from './archive.ts'
import type { BlobRow } from './model/blob-row.ts'
import { NiceBlobsError, translateSystemError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import { formatRef } from './model/ref.ts'
import {
  judgeReplication,
  planRelease,
  type ReleaseKeeping,
  type ReleasePolicy,
} from './model/release-policy.ts'
import type { StoredBlob } from './ports.ts'
import { requireSameObject, type VerifiedVersion } from './verify-object.ts'
import { type Aside, moveAside, returnAside } from './volume/aside.ts'
import { announceRelease, type Hold, holdOn } from './volume/hold.ts'
import { type Source, withSource } from './volume/source.ts'
import type { Volume } from './volume/volume.ts'

export type ReleaseOutcome = 'released' | ReleaseKeeping | Hold

/**
 * What else is done with a file that is about to go, once its bytes are known to be the row's, as to copy them into a cache.
 * What it throws keeps the file.
 */
export type KeepNear = (source: Source, row: BlobRow) => Promise<void>

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
  keepNear?: KeepNear,
): Promise<ReleaseOutcome> {
  const decision = planRelease(row, archive.now(), policy)
  if (decision !== 'due') return decision
  const hold = await holdOn(volume, row, archive.now())
  if (hold) return hold
  // Before anything moves: an outage or a conflict that can be seen now should not touch the file at all.
  const key = blobKey(archive.database, row)
  const verified = await requireSameObject(archive.bucket, key, row, verifiedVersion(row))
  const late = judgeObject(archive, row, verified, policy)
  if (late !== 'due') return late
  const withdraw = await announceRelease(volume, row)
  try {
    const lateHold = await holdOn(volume, row, archive.now())
    const lastLook = async () =>
      judgeObject(archive, row, await requireSameObject(archive.bucket, key, row, verified), policy)
    return lateHold ?? (await deleteAside(volume, row, lastLook, keepNear))
  } finally {
    await withdraw()
  }
}

/** The delay is the object's own: what was put onto the key after the row's object may be hidden by a marker that comes late. */
function judgeObject(
  archive: Archive,
  row: BlobRow,
  { lastModified, replication }: StoredBlob,
  policy: ReleasePolicy,
): 'due' | ReleaseKeeping {
  const archivedAt = Math.max(row.archivedAt, lastModified)
  const decision = planRelease({ ...row, archivedAt }, archive.now(), policy)
  return decision === 'due' ? judgeReplication(replication, policy) : decision
}

async function deleteAside(
  volume: Volume,
  row: BlobRow,
  lastLook: () => Promise<'due' | ReleaseKeeping>,
  keepNear: KeepNear | undefined,
): Promise<'released' | ReleaseKeeping> {
  const aside = await moveAside(volume, row)
  try {
    return await withSource(aside.path, async source => {
      requireSameBytes(source, row)
      await keepNear?.(source, row)
      const decision = await lastLook()
      if (decision === 'due') {
        await source.requireUnchanged()
        await unlink(aside.path).catch(unlessReturned(aside))
        return 'released'
      }
      await returnAside(volume, aside)
      return decision
    })
  } catch (error) {
    // What cannot be returned now stays aside whole, and the next run returns it.
    await returnAside(volume, aside).catch(() => {})
    throw translateSystemError(error) ?? error
  }
}

/** Whoever finds a file aside whose release has stood still for long, gives it its name back. */
function unlessReturned({ ref, path }: Aside) {
  return (cause: NodeJS.ErrnoException): never => {
    if (cause.code !== 'ENOENT') throw cause
    throw new NiceBlobsError('SOURCE_VANISHED', 'the file has been given its name back meanwhile', {
      subject: path,
      hint: `another process took this release for dead; ${formatRef(ref)} is released the next time`,
      cause,
    })
  }
}

/** A row is written only for verified bytes, so that its version needs no second reading. */
function verifiedVersion({ versionId }: BlobRow): VerifiedVersion | undefined {
  return versionId === undefined ? undefined : { versionId }
}

export function requireSameBytes(source: Source, row: BlobRow): void {
  if (source.facts.sha256 === row.sha256 && source.facts.size === row.size) return
  throw new NiceBlobsError('BLOB_CONFLICT', 'the file is not the blob that was archived under this ref', {
    subject: `${row.oid}/${row.tid}`,
    hint: 'both are kept; a restored database that reuses its tids, or a damaged disk?',
  })
}

/** Removes an oid's own directory. It fails, as it should, when a file has come into it meanwhile. */
export async function removeEmptyLeaf(volume: Volume, leaf: string): Promise<void> {
  await rmdir(join(volume.directory, leaf)).catch(() => {})
}
