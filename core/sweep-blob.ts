import type { Archive } from './archive.ts'
import type { BlobRow } from './model/blob-row.ts'
import { NiceBlobsError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import type { Oddity } from './model/sweep-report.ts'
import type { BlobVersions, StoredBlob } from './ports.ts'

export interface SweepPorts extends Archive {
  readonly versions: BlobVersions
}

/** `taken back`: condemned again, as its marker was not placed and is not to be · `changed`: somebody else was first. */
export type SweepOutcome = 'swept' | 'taken back' | 'changed' | Oddity

/**
 * Places the delete marker on a blob that is due (I5, I6). The row says so first: an archiver that meets it from then on waits. The row
 * says last that it is done; ended anywhere in between, the next run takes it up.
 */
export async function sweepBlob(ports: SweepPorts, row: BlobRow): Promise<SweepOutcome> {
  const before = await ports.bucket.head(blobKey(ports.database, row))
  if (!before) return 'no object'
  const difference = compareObject(before, row)
  if (difference) return difference
  const sweeping: BlobRow = { ...row, state: 'sweeping' }
  return (await ports.index.replace(row, sweeping)) ? markBlob(ports, sweeping) : 'changed'
}

/** What a run left behind that did not end. `due`: whether it is still to be swept. */
export async function takeUp(ports: SweepPorts, row: BlobRow, due: boolean): Promise<SweepOutcome> {
  const current = await ports.bucket.head(blobKey(ports.database, row))
  if (!current || compareObject(current, row)) return confirmMarker(ports, row)
  if (due) return markBlob(ports, row)
  return (await ports.index.replace(row, { ...row, state: 'condemned' })) ? 'taken back' : 'changed'
}

async function markBlob(ports: SweepPorts, row: BlobRow): Promise<SweepOutcome> {
  try {
    await ports.versions.mark(blobKey(ports.database, row))
  } catch (error) {
    if (!(error instanceof NiceBlobsError)) throw error
    if (error.code === 'BUCKET_UNSAFE') return 'no versions'
    // Another run was faster with the marker.
    if (error.code !== 'BLOB_MISSING') throw error
  }
  return confirmMarker(ports, row)
}

/**
 * An archiver may have put the same bytes above the marker by now. The row is swept then too: the archiver, which waits for that,
 * finds its object there, and archives the row.
 */
async function confirmMarker(ports: SweepPorts, row: BlobRow): Promise<SweepOutcome> {
  const key = blobKey(ports.database, row)
  const current = await ports.bucket.head(key)
  if (current && current.versionId === undefined) return 'no versions'
  if (current && current.versionId === row.versionId) return 'still there'
  if (current && !sameBytes(current, row)) return 'another object'
  if (!current && !(await ports.versions.head(key, row.versionId ?? ''))) return 'no version left'
  const swept: BlobRow = { ...row, state: 'swept', sweptAt: ports.now() }
  return (await ports.index.replace(row, swept)) ? 'swept' : 'changed'
}

/** Undefined when it is exactly the row's; its bytes under another version an undelete has brought back, and not yet written down. */
function compareObject(object: StoredBlob, row: BlobRow): Oddity | 'changed' | undefined {
  if (object.versionId === undefined || row.versionId === undefined) return 'no versions'
  if (!sameBytes(object, row)) return 'another object'
  return object.versionId === row.versionId ? undefined : 'changed'
}

function sameBytes(object: StoredBlob, row: BlobRow): boolean {
  return object.size === row.size && object.sha256 === row.sha256
}
