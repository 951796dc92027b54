import type { BlobRow } from './model/blob-row.ts'
import { versionsToTry } from './model/undelete-plan.ts'
import type { BlobBucket, BlobFacts, BlobVersions, StoredBlob } from './ports.ts'
import { requireSameObject } from './verify-object.ts'

type Wanted = Pick<BlobRow, 'size' | 'sha256' | 'versionId'>

/**
 * Copies the version that the row knows onto its key, or the newest with the row's bytes; without a row the newest that is ours.
 * Answers what stands there then, verified; undefined when there is no such version.
 */
export async function restoreVersion(
  { bucket, versions }: { bucket: BlobBucket; versions: BlobVersions },
  key: string,
  row?: Wanted,
): Promise<(StoredBlob & BlobFacts) | undefined> {
  const version = await findVersion(versions, key, row)
  if (!version) return undefined
  const put = await versions.restore(key, version)
  const verified = put.outcome === 'stored' && put.vouched ? put : undefined
  const stored = await requireSameObject(bucket, key, version.facts, verified)
  return { ...stored, sha256: version.facts.sha256 }
}

async function findVersion(
  versions: BlobVersions,
  key: string,
  row?: Wanted,
): Promise<{ versionId: string; facts: BlobFacts } | undefined> {
  const known = row?.versionId
  const facts = known !== undefined && (await factsOf(versions, key, known, row))
  if (known !== undefined && facts) return { versionId: known, facts }
  for (const { versionId } of versionsToTry(await versions.list(key), row)) {
    const facts = await factsOf(versions, key, versionId, row)
    if (facts) return { versionId, facts }
  }
  return undefined
}

/** Undefined for a version that is gone, not ours, or has other bytes than the row. */
async function factsOf(
  versions: BlobVersions,
  key: string,
  versionId: string,
  row?: Wanted,
): Promise<BlobFacts | undefined> {
  const stored = await versions.head(key, versionId)
  if (stored?.sha256 === undefined) return undefined
  const { size, sha256, contentType } = stored
  const wanted = !row || (size === row.size && sha256 === row.sha256)
  return wanted ? { size, sha256, contentType } : undefined
}
