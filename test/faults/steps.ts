import { createBlobs } from '../../client/read/blobs.ts'
import { createCache } from '../../client/read/cache/cache.ts'
import type { Archive } from '../../core/archive.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import type { ReleasePolicy } from '../../core/model/release-policy.ts'
import { listBlobs, runRecall } from '../../core/recall-run.ts'
import { createTallies } from '../../core/run.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { archiveVolume, EVERYTHING, silent } from '../flows/setting.ts'
import { sha256Of } from './known-blobs.ts'

/** The steps whose calls fail and whose processes are killed, each as its command does it. */

export interface Site {
  archive: Archive
  /** The volume's directory. */
  volume: string
  cache: string
  blobs: readonly { ref: Ref; sha256: string }[]
}

/** Answers the errors of single blobs, throws what would end the command; so the other steps. */
export async function archiveAll(
  site: Site,
  jobs: number,
  release?: ReleasePolicy,
): Promise<NiceBlobsError[]> {
  const options = { jobs, policy: { ...EVERYTHING, allowEmpty: true }, ...(release && { release }) }
  return (await archiveVolume(site.archive, openVolume(site.volume), options)).errors
}

export async function recallAll(
  { archive }: Site,
  directory: string,
  options: { jobs: number; verify: boolean },
): Promise<NiceBlobsError[]> {
  const errors: NiceBlobsError[] = []
  const tallies = createTallies({ ...silent, failed: error => errors.push(error) })
  await runRecall(archive, openVolume(directory), listBlobs(archive, tallies.failed), options, tallies)
  return errors
}

/** Each read stands for itself, as those of an application do; wrong bytes are an error too. */
export async function readAll(site: Site, volumes: readonly string[], limit = 10 ** 9): Promise<unknown[]> {
  const { database, bucket } = site.archive
  const cache = createCache({ directory: site.cache, limit, inUse: 0 }, 'some-bucket', database)
  const reader = createBlobs({ database, volumes: volumes.map(openVolume), cache, bucket })
  const errors: unknown[] = []
  for (const { ref, sha256 } of site.blobs) {
    try {
      const file = await reader.open(ref)
      const content = await file.readFile().finally(() => file.close())
      if (sha256Of(content) !== sha256)
        errors.push(`${formatRef(ref)}: read as ${content.length} other bytes`)
    } catch (error) {
      errors.push(error)
    }
  }
  reader.close()
  return errors
}
