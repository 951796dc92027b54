import type { Archive } from './archive.ts'
import { count, type Tally, type VolumeFile } from './model/archive-policy.ts'
import type { BlobState } from './model/blob-row.ts'
import { scanVolume } from './volume/scan.ts'
import { blobsOf } from './volume/scan-batch.ts'
import type { Volume } from './volume/volume.ts'

export interface VolumeStatus {
  here: Tally
  /** Nothing in the bucket yet: losing the volume would lose these. */
  onlyHere: Tally
  /** Archived and not released yet. */
  both: Tally
  /** What the index knows of the database, wherever else it may be. */
  bucket: Partial<Record<BlobState, Tally>>
  strangers: number
}

/** One pass over the volume and one over the index; memory does not grow with either. */
export async function reportStatus(archive: Archive, volume: Volume): Promise<VolumeStatus> {
  const local: Record<'here' | 'onlyHere' | 'both', Tally> = {
    here: { blobs: 0, bytes: 0 },
    onlyHere: { blobs: 0, bytes: 0 },
    both: { blobs: 0, bytes: 0 },
  }
  let strangers = 0
  for await (const batch of scanVolume(volume)) {
    strangers += batch.strangers.length
    const files = [...blobsOf(batch)]
    for (const [file, state] of await statesOf(archive, files)) {
      count(local, 'here', file.size)
      count(local, state === 'archived' || state === 'condemned' ? 'both' : 'onlyHere', file.size)
    }
  }
  const bucket: VolumeStatus['bucket'] = {}
  for await (const row of archive.index.list(archive.database)) count(bucket, row.state, row.size)
  return { ...local, bucket, strangers }
}

async function statesOf({ index, database }: Archive, files: readonly VolumeFile[]) {
  const rows = await index.find(
    database,
    files.map(({ ref }) => ref),
  )
  return files.map((file, i) => [file, rows[i]?.state] as const)
}
