import type { Archive } from '../../core/archive.ts'
import { type CheckOptions, runCheck } from '../../core/check-run.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { createTallies } from '../../core/run.ts'
import { factsOf } from '../contract/bucket-contract.ts'
import { createSetting, silent } from './setting.ts'

/** What checks are tested on: ports in memory whose objects are older than any archiver takes to write a row. */
export function checkSetting() {
  const { bucket, index, archive: plain } = createSetting()
  const archive = { ...plain, now: () => Date.now() + 60_000 }

  /** Stores the object as an archiver does, and answers the row that it would write. */
  async function store(ref: Ref, content: string): Promise<BlobRow> {
    const key = blobKey('main', ref)
    const bytes = Buffer.from(content)
    await bucket.put(key, factsOf(bytes), { open: () => bytes })
    const stored = await bucket.head(key)
    if (!stored) throw new Error('not stored')
    const { contentType, versionId, lastModified } = stored
    return {
      ...{ formatVersion: 1, database: 'main', oid: ref.oid, tid: ref.tid, ...factsOf(bytes), contentType },
      ...(versionId === undefined ? {} : { versionId }),
      ...{ archivedAt: lastModified, state: 'archived' },
    }
  }

  async function storeWithRow(ref: Ref, content: string, state: BlobRow['state'] = 'archived') {
    const row = { ...(await store(ref, content)), state }
    await index.insert(row)
    return row
  }

  return { bucket, index, archive, store, storeWithRow }
}

/** What the command `check` does; each difference as `lost 00000000000004d2/03d167f919308700`. */
export async function check(archive: Archive, options: Partial<CheckOptions> = {}) {
  const told: string[] = []
  const reasons: string[] = []
  const errors: NiceBlobsError[] = []
  const tallies = createTallies({
    ...silent,
    failed: error => errors.push(error),
    differs: difference => {
      told.push(`${difference.class} ${difference.subject}`)
      reasons.push(difference.reason)
    },
  })
  const all = { depth: 'list', rebuild: false, repair: new Set(), volumes: [], jobs: 4, ...options } as const
  await runCheck(archive, all as CheckOptions, tallies)
  const outcomes = Object.fromEntries(
    Object.entries(tallies.summary.outcomes).map(([outcome, { blobs }]) => [outcome, blobs]),
  )
  return { told: told.sort(), reasons, errors, outcomes }
}
