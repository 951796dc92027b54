import { lstat } from 'node:fs/promises'
import { withRows } from '../../../core/archive-run.ts'
import { inParallel } from '../../../core/in-parallel.ts'
import type { VolumeFile } from '../../../core/model/archive-policy.ts'
import type { BlobRow } from '../../../core/model/blob-row.ts'
import { NiceBlobsError } from '../../../core/model/errors.ts'
import { DAY, HOUR } from '../../../core/model/quantity.ts'
import { formatRef } from '../../../core/model/ref.ts'
import type { ReleasePolicy, ReplicaKeeping } from '../../../core/model/release-policy.ts'
import { releaseBlob } from '../../../core/release.ts'
import type { ArchivedFile } from './inventory-blobs.ts'
import { attemptFile, type Workplace } from './workplace.ts'

/** Each is hashed and compared twice; more at a time would take the disk from the application. */
const JOBS = 4

/**
 * Releases those of the files that may go, by their rows as they are now (I1). Answers false when there is no use in going on: the
 * volume is packing.
 */
export async function releaseFiles(
  place: Workplace,
  files: readonly ArchivedFile[],
  policy: ReleasePolicy,
  signal: AbortSignal,
): Promise<boolean> {
  const { archive, volume, inventory, keepNear, did } = place
  let packing = false
  /** Looked at again after that time, as if it had been archived so much later. */
  const later = ({ ref }: VolumeFile, wait: number) =>
    inventory.setArchived(ref, Math.floor(archive.now() - policy.delay + wait))
  const one = ({ file, row }: { file: VolumeFile; row: BlobRow | undefined }) =>
    attemptFile(place, file, signal, async () => {
      // Lost to the index, or swept: it is archived again, which finds what is there.
      if (!row || row.state === 'swept') return inventory.setWaiting([file.ref])
      const back = await cameBackAt(volume.pathOf(file.ref), row, archive.now())
      if (back !== undefined && archive.now() - back < policy.delay)
        return inventory.setArchived(file.ref, Math.floor(back))
      const outcome = await releaseBlob(archive, volume, row, policy, keepNear)
      if (outcome === 'released') {
        inventory.remove(file.ref)
        did('released', file.size)
      }
      if (outcome === 'the volume is packing') packing = true
      if (outcome === 'not archived') later(file, policy.delay)
      if (outcome === 'not replicated yet' || outcome === 'an undo needs it') later(file, HOUR)
      if (outcome === 'in no replica' || outcome === 'replication failed') throw notReplicated(row, outcome)
      if (outcome === 'within the release delay') inventory.setArchived(file.ref, row.archivedAt)
    })
  const untilPacking = takeWhile(withRows(archive, files), () => !packing)
  await inParallel(untilPacking, JOBS, one, signal)
  return !packing
}

async function* takeWhile<T>(items: AsyncIterable<T>, goesOn: () => boolean): AsyncGenerator<T> {
  for await (const item of items) {
    if (!goesOn()) return
    yield item
  }
}

/**
 * When a file's own bytes were written, if that was after they were archived, in milliseconds since 1970: a recall brought it back, and it stays for another
 * delay. Its ctime would not tell: pack makes hard links of all that survive it.
 */
async function cameBackAt(path: string, { archivedAt }: BlobRow, now: number): Promise<number | undefined> {
  const stats = await lstat(path).catch(() => undefined)
  // A day from the future is no time at which anything came.
  const came = stats && stats.mtimeMs > archivedAt && stats.mtimeMs < now + DAY
  return came ? stats.mtimeMs : undefined
}

/** What no waiting mends. */
function notReplicated({ oid, tid }: BlobRow, outcome: ReplicaKeeping): NiceBlobsError {
  return new NiceBlobsError('NOT_REPLICATED', `the volume keeps its copy: ${outcome}`, {
    subject: formatRef({ oid, tid }),
    hint: 'let S3 Batch Replication do what is in no replica, and what failed (docs/operations.md, "Deploy"); it is looked at again after a day',
  })
}
