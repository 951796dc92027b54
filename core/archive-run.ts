import { type Archive, type ArchiveOutcome, archiveBlob } from './archive.ts'
import { inParallel } from './in-parallel.ts'
import {
  type ArchivePlan,
  type ArchivePolicy,
  createArchivePlan,
  type Tally,
  type VolumeFile,
} from './model/archive-policy.ts'
import type { BlobRow } from './model/blob-row.ts'
import { DAY } from './model/quantity.ts'
import type { ReleasePolicy } from './model/release-policy.ts'
import { type KeepNear, releaseBlob, removeEmptyLeaf, requireSameBytes } from './release.ts'
import { attempt, type RunEvents } from './run.ts'
import { returnAllAside } from './volume/aside.ts'
import { removeStaleAnnouncements } from './volume/hold.ts'
import { scanVolume } from './volume/scan.ts'
import { blobsOf } from './volume/scan-batch.ts'
import { withSource } from './volume/source.ts'
import { requireOwned, type Volume } from './volume/volume.ts'
import type { Stranger } from './volume/walk.ts'

const ROWS_PER_LOOKUP = 100
/** How long an oid's directory must have been empty, so that nobody is about to write into it. */
export const EMPTY_FOR = DAY

export interface VolumePlan extends ArchivePlan {
  strangers: Stranger[]
  emptyLeaves: string[]
}

export async function planVolume(
  volume: Volume,
  policy: ArchivePolicy,
  now: number,
  signal?: AbortSignal,
): Promise<VolumePlan> {
  const plan = createArchivePlan(policy, now)
  const strangers: Stranger[] = []
  const emptyLeaves: string[] = []
  for await (const batch of scanVolume(volume)) {
    if (signal?.aborted) break
    for (const file of blobsOf(batch)) plan.add(file)
    strangers.push(...batch.strangers)
    for (const leaf of batch.emptyLeaves) if (now - leaf.since >= EMPTY_FOR) emptyLeaves.push(leaf.path)
  }
  return { ...plan.finish(), strangers, emptyLeaves }
}

export interface ArchiveRunOptions {
  jobs: number
  /** Absent: archive only. */
  release?: ReleasePolicy
  /** Done with each file before it is released. */
  keepNear?: KeepNear
  signal?: AbortSignal
}

/** Archives what the plan says is due and, if wanted, releases what may go. */
export async function runArchive(
  archive: Archive,
  volume: Volume,
  plan: VolumePlan,
  options: ArchiveRunOptions,
  events: RunEvents,
): Promise<void> {
  requireOwned(volume)
  events.planned(total(plan.due))
  const one = ({ file, row }: { file: VolumeFile; row: BlobRow | undefined }) =>
    attempt(events, file.size, options.signal, () => archiveOne(archive, volume, file, row, options, events))
  await inParallel(withRows(archive, plan.due), options.jobs, one, options.signal)
  if (options.release) for (const leaf of plan.emptyLeaves) await removeEmptyLeaf(volume, leaf)
}

/**
 * Before a plan is made: what a run that was killed had moved aside is a file of the volume again; answers how many were. With `now`, in
 * milliseconds since 1970, beside other processes that may be releasing.
 */
export async function recoverVolume(
  volume: Volume,
  tell: RunEvents['failed'],
  now?: number,
): Promise<number> {
  requireOwned(volume)
  const returned = await returnAllAside(volume, tell, now)
  await removeStaleAnnouncements(volume, Date.now())
  return returned
}

async function archiveOne(
  archive: Archive,
  volume: Volume,
  file: VolumeFile,
  known: BlobRow | undefined,
  { release, keepNear, signal }: ArchiveRunOptions,
  events: RunEvents,
): Promise<void> {
  const { outcome, row } = await archiveFile(archive, volume, file, known, signal)
  if (outcome !== 'archived before' || !release) events.blob(file.ref, file.size, outcome)
  if (release) events.blob(file.ref, file.size, await releaseBlob(archive, volume, row, release, keepNear))
}

/** Uploads and records a file, unless the index knows it already. */
export async function archiveFile(
  archive: Archive,
  volume: Volume,
  file: VolumeFile,
  known: BlobRow | undefined,
  signal?: AbortSignal,
): Promise<{ outcome: ArchiveOutcome | 'archived before'; row: BlobRow }> {
  if (!known || !isKnownAs(known, file))
    return archiveBlob(archive, file.ref, volume.pathOf(file.ref), signal)
  if (file.changed > known.archivedAt) await requireSameFile(volume, known)
  return { outcome: 'archived before', row: known }
}

/** Whether there is nothing to upload; a row of another size goes the long way, which tells the conflict. */
function isKnownAs(row: BlobRow, file: VolumeFile): boolean {
  return row.size === file.size && (row.state === 'archived' || row.state === 'condemned')
}

/** A file that came after its row was written, by a recall or by mistake, has to prove that it is the same blob. */
async function requireSameFile(volume: Volume, row: BlobRow): Promise<void> {
  await withSource(volume.pathOf(row), async source => requireSameBytes(source, row))
}

/** Looks the rows up in batches, a batch ahead of the work at most. */
export async function* withRows(archive: Archive, files: readonly VolumeFile[]) {
  for (let start = 0; start < files.length; start += ROWS_PER_LOOKUP) {
    const some = files.slice(start, start + ROWS_PER_LOOKUP)
    const rows = await archive.index.find(
      archive.database,
      some.map(({ ref }) => ref),
    )
    for (const [i, file] of some.entries()) yield { file, row: rows[i] }
  }
}

export function total(files: readonly VolumeFile[]): Tally {
  return { blobs: files.length, bytes: files.reduce((sum, file) => sum + file.size, 0) }
}
