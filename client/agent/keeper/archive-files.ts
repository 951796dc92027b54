import { lstat } from 'node:fs/promises'
import { archiveFile, withRows } from '../../../core/archive-run.ts'
import { inParallel } from '../../../core/in-parallel.ts'
import { type ArchivePolicy, judge, type VolumeFile } from '../../../core/model/archive-policy.ts'
import type { BlobRow } from '../../../core/model/blob-row.ts'
import type { Ref } from '../../../core/model/ref.ts'
import { attemptFile, type Workplace } from './workplace.ts'

const JOBS = 16

/** Archives what was planned. An outage ends it with its error; what was done until then is noted. */
export async function archiveFiles(
  place: Workplace,
  files: readonly VolumeFile[],
  policy: ArchivePolicy,
  signal: AbortSignal,
): Promise<void> {
  const { archive, volume, inventory, did } = place
  const one = ({ file, row: known }: { file: VolumeFile; row: BlobRow | undefined }) =>
    attemptFile(place, file, signal, async () => {
      if (!(await isStillDue(volume.pathOf(file.ref), file, policy, archive.now()))) return
      const { outcome, row } = await archiveFile(archive, volume, file, known, signal)
      inventory.setArchived(file.ref, row.archivedAt)
      if (outcome === 'archived') did('archived', file.size)
    })
  await inParallel(withRows(archive, files), JOBS, one, signal)
}

/** What the inventory knows of a file may be a day old; what has changed since then is judged anew, and waits for the next look. */
async function isStillDue(
  path: string,
  file: VolumeFile,
  policy: ArchivePolicy,
  now: number,
): Promise<boolean> {
  // What is wrong with it, whoever opens it tells.
  const stats = await lstat(path).catch(() => undefined)
  if (!stats || stats.ctimeMs === file.changed) return true
  return judge({ ...file, size: stats.size, changed: stats.ctimeMs }, policy, now) === 'due'
}

/** Asks the index about files that are new here: what of them is archived already? */
export async function askAbout(
  { archive, inventory }: Workplace,
  files: readonly VolumeFile[],
): Promise<void> {
  const waiting: Ref[] = []
  for await (const { file, row } of withRows(archive, files)) {
    if (row && row.size === file.size && row.state !== 'swept')
      inventory.setArchived(file.ref, row.archivedAt)
    else waiting.push(file.ref)
  }
  inventory.setWaiting(waiting)
}
