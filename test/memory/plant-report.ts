import { createHash } from 'node:crypto'
import { shardOf, sortKey } from '../../core/model/blob-row.ts'
import { manifestKey, partKey, reportId } from '../../core/model/key.ts'
import { formatManifest, type Manifest, PARTS } from '../../core/model/live-report.ts'
import type { Ref } from '../../core/model/ref.ts'
import type { BlobBucket } from '../../core/ports.ts'

/** Live reports made the plain way, all in memory, for those who read them. */

export interface PlainReport {
  manifest: Manifest
  /** In the order of the shards. */
  parts: Buffer[]
}

export function makeReport(
  refs: readonly Ref[],
  { database = 'main', generation = '1', unique = '0123456789abcdef' } = {},
): PlainReport {
  const named = [...new Map(refs.map(ref => [sortKey(ref), ref])).entries()].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )
  const horizon = named.reduce((last, [, { tid }]) => (tid > last ? tid : last), '0'.repeat(16))
  const shards: string[][] = Array.from({ length: PARTS }, () => [])
  for (const [record, ref] of named) shards[shardOf(ref)]?.push(record)
  const parts = shards.map(records => Buffer.from(records.join(''), 'hex'))
  const manifest: Manifest = {
    formatVersion: 1,
    ...{ database, generation, horizon, report: reportId(horizon, unique), revisions: named.length },
    parts: parts.map((part, shard) => ({ revisions: shards[shard]?.length ?? 0, sha256: sha256(part) })),
  }
  return { manifest, parts }
}

/** Stores it as it is, right or wrong; a part that is undefined is left out. */
export async function plantReport(
  bucket: Pick<BlobBucket, 'put'>,
  { manifest, parts }: { manifest: Manifest; parts: readonly (Buffer | undefined)[] },
): Promise<Manifest> {
  const { database, report } = manifest
  for (const [shard, part] of parts.entries())
    if (part) await plantObject(bucket, partKey(database, report, shard), part)
  await plantObject(bucket, manifestKey(database, report), Buffer.from(formatManifest(manifest)))
  return manifest
}

export async function plantObject(
  bucket: Pick<BlobBucket, 'put'>,
  key: string,
  content: Buffer,
): Promise<void> {
  const contentType = 'application/octet-stream'
  const facts = { size: content.length, sha256: sha256(content), contentType }
  await bucket.put(key, facts, { open: () => content })
}

/** As `nice-blobs live-report` takes it. */
export function reportText(refs: readonly Ref[]): string {
  return `${refs.map(({ oid, tid }) => `${oid} ${tid}\n`).join('')}end ${refs.length}\n`
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
