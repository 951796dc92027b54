import { type Archive, makeRow, recordRow, uploadSource } from './archive.ts'
import type { Seen } from './check.ts'
import { hashObject } from './hash-object.ts'
import type { BlobRow } from './model/blob-row.ts'
import { NiceBlobsError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import type { Ref } from './model/ref.ts'
import type { StoredBlob } from './ports.ts'
import { requireSameObject } from './verify-object.ts'
import { type Source, withSource } from './volume/source.ts'
import type { Volume } from './volume/volume.ts'

/** Mends one difference, each step conditional; answers why it could not, where that is no error. */
export async function repair(
  archive: Archive,
  volumes: readonly Volume[],
  { ref, row, object, verdict }: Seen,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (verdict.class === 'lost' && row) return uploadAgain(archive, volumes, row, signal)
  if (verdict.class === 'reversioned' && row) return renewRow(archive, row, signal)
  if (object?.sha256 === undefined) return 'nothing can be done here'
  const facts = { size: object.size, sha256: object.sha256 }
  const stored = await requireSameObject(archive.bucket, blobKey(archive.database, ref), facts)
  await recordRow(archive, makeRow(archive.database, ref, facts, stored))
  return undefined
}

/** Makes the row of an object out of its metadata, whose bytes nobody reads; false when there is a row or nothing of ours. */
export async function indexObject({ bucket, index, database }: Archive, ref: Ref): Promise<boolean> {
  const stored = await bucket.head(blobKey(database, ref))
  if (stored?.sha256 === undefined) return false
  const facts = { size: stored.size, sha256: stored.sha256 }
  return (await index.insert(makeRow(database, ref, facts, stored))) === undefined
}

/**
 * From whichever volume has the row's bytes; what was hashed is what is sent. A file that cannot be read may be a copy or
 * none: then nobody says that there is none.
 */
async function uploadAgain(
  archive: Archive,
  volumes: readonly Volume[],
  row: BlobRow,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const uploadIfSame = async (source: Source) =>
    source.facts.sha256 === row.sha256 ? uploadSource(archive, row, source, signal) : undefined
  let trouble: unknown
  for (const volume of volumes) {
    try {
      const uploaded = await withSource(volume.pathOf(row), uploadIfSame)
      if (uploaded) return await replaceRow(archive, row, uploaded.stored)
    } catch (error) {
      if (!(error instanceof NiceBlobsError && error.code === 'SOURCE_VANISHED')) trouble ??= error
    }
  }
  if (trouble) throw trouble
  return 'no volume has its bytes'
}

/** The version that is read is the version that is recorded. */
async function renewRow(archive: Archive, row: BlobRow, signal?: AbortSignal): Promise<string | undefined> {
  const read = await hashObject(archive.bucket, blobKey(archive.database, row), signal)
  if (read?.readSha256 !== row.sha256 || read.sha256 !== row.sha256) return 'its object is another one now'
  return replaceRow(archive, row, read)
}

/** Another object's version and time; what is condemned stays so, by its report. */
async function replaceRow(archive: Archive, row: BlobRow, stored: StoredBlob): Promise<string | undefined> {
  const { versionId, ...kept } = row
  const after = { ...kept, ...makeRow(archive.database, row, row, stored), state: row.state }
  return (await archive.index.replace(row, after)) ? undefined : 'its row has changed meanwhile'
}
