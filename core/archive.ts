import { type BlobRow, FORMAT_VERSION } from './model/blob-row.ts'
import { NiceBlobsError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import type { Ref } from './model/ref.ts'
import type { BlobBucket, BlobFacts, BlobIndex, StoredBlob } from './ports.ts'
import { requireSameObject } from './verify-object.ts'
import { type Source, withSource } from './volume/source.ts'

/** What every step needs: which database, and the two ports. */
export interface Archive {
  readonly database: string
  readonly bucket: BlobBucket
  readonly index: BlobIndex
  /** Milliseconds since 1970. */
  now(): number
}

/** `archived`: uploaded now. `present`: the object was there already, from a run that ended early. */
export type ArchiveOutcome = 'archived' | 'present'

/**
 * Uploads one file and writes its row, in an order that may end anywhere: the row is written last and only for an
 * object that was compared with the file (I3), and a second run finds what the first one did (I8).
 */
export async function archiveBlob(
  archive: Archive,
  ref: Ref,
  path: string,
  signal?: AbortSignal,
): Promise<{ outcome: ArchiveOutcome; row: BlobRow }> {
  return withSource(path, async source => {
    const { outcome, stored } = await uploadSource(archive, ref, source, signal)
    const row = await recordRow(archive, makeRow(archive.database, ref, source.facts, stored))
    return { outcome, row }
  })
}

/** All but the row. */
export async function uploadSource(
  { database, bucket }: Archive,
  ref: Ref,
  source: Source,
  signal?: AbortSignal,
): Promise<{ outcome: ArchiveOutcome; stored: StoredBlob }> {
  const key = blobKey(database, ref)
  const put = await bucket.put(key, source.facts, source.bytes, signal)
  const verified = put.outcome === 'stored' && put.vouched ? put : undefined
  const stored = await requireSameObject(bucket, key, source.facts, verified)
  await source.requireUnchanged()
  return { outcome: put.outcome === 'stored' ? 'archived' : 'present', stored }
}

/** Nothing in it but what the object says, so that a lost index can be made again just as it was (I10). */
export function makeRow(
  database: string,
  ref: Ref,
  facts: Pick<BlobFacts, 'size' | 'sha256'>,
  stored: StoredBlob,
): BlobRow {
  return {
    formatVersion: FORMAT_VERSION,
    database,
    oid: ref.oid,
    tid: ref.tid,
    size: facts.size,
    sha256: facts.sha256,
    contentType: stored.contentType,
    ...(stored.versionId === undefined ? {} : { versionId: stored.versionId }),
    archivedAt: stored.lastModified,
    state: 'archived',
  }
}

/** The row that stands in the end. A condemned blob stays condemned: that it lives is for a live report to say. */
export async function recordRow(
  { bucket, index }: Pick<Archive, 'bucket' | 'index'>,
  row: BlobRow,
): Promise<BlobRow> {
  const present = await index.insert(row)
  if (!present) return row
  if (present.sha256 !== row.sha256) throw rowConflict(row)
  if (present.state === 'archived' || present.state === 'condemned') return present
  if (present.state === 'sweeping') throw busy(row)
  // The object may have got its marker since it was looked at; what is swept gets none any more.
  const current = await bucket.head(blobKey(row.database, row))
  const stands = current !== undefined && current.versionId === row.versionId
  if (stands && (await index.replace(present, row))) return row
  throw busy(row)
}

function busy(row: BlobRow): NiceBlobsError {
  return new NiceBlobsError('BLOB_BUSY', 'the blob is being swept at this moment', {
    subject: `${row.oid}/${row.tid}`,
    hint: 'it stays in the volume; the next run archives it',
  })
}

function rowConflict(row: BlobRow): NiceBlobsError {
  return new NiceBlobsError('BLOB_CONFLICT', 'the index knows this blob with other bytes', {
    subject: `${row.oid}/${row.tid}`,
    hint: 'both are kept; a restored database that reuses its tids?',
  })
}
