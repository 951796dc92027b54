import { withRows } from '../../../core/archive-run.ts'
import { inParallel } from '../../../core/in-parallel.ts'
import type { VolumeFile } from '../../../core/model/archive-policy.ts'
import type { BlobRow } from '../../../core/model/blob-row.ts'
import type { ReleasePolicy } from '../../../core/model/release-policy.ts'
import { releaseBlob } from '../../../core/release.ts'
import { attemptFile, type Workplace } from './workplace.ts'

/** Each is hashed and compared twice; more at a time would take the disk from the application. */
const JOBS = 4

/** A file that is archived, as the inventory has it. */
export interface ArchivedFile extends VolumeFile {
  readonly archivedAt: number
}

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
  const one = ({ file, row }: { file: VolumeFile; row: BlobRow | undefined }) =>
    attemptFile(place, file, signal, async () => {
      // The index has lost it: it is archived again, which finds the object that is there.
      if (!row) return inventory.setWaiting([file.ref])
      const outcome = await releaseBlob(archive, volume, row, policy, keepNear)
      if (outcome === 'released') {
        inventory.remove(file.ref)
        did('released', file.size)
      }
      if (outcome === 'the volume is packing') packing = true
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

/** What came back lately, by a recall, stays for another delay. */
export function isDue({ archivedAt, changed }: ArchivedFile, { delay }: ReleasePolicy, now: number): boolean {
  return delay === 0 || (now - archivedAt >= delay && now - changed >= delay)
}
