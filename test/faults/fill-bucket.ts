import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { objectAttributes } from '../../core/aws/s3-object.ts'
import { type BlobRow, FORMAT_VERSION } from '../../core/model/blob-row.ts'
import { blobKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { Bucket } from '../../sandbox/s3/bucket.ts'

/**
 * Puts blobs into the bucket of a sandbox that is not running, faster than by as many uploads, and answers their rows: what
 * an archiver would have written. The directory is the sandbox's.
 */
export function fillBucket(
  directory: string,
  name: string,
  refs: Iterable<Ref>,
  contentOf: (ref: Ref) => Buffer,
): BlobRow[] {
  const bucket = new Bucket(join(directory, 's3', 'buckets'), name)
  bucket.enableVersioning()
  const rows: BlobRow[] = []
  for (const ref of refs) {
    const content = contentOf(ref)
    const digest = (algorithm: string) => createHash(algorithm).update(content).digest()
    const facts = { size: content.length, sha256: digest('sha256').toString('hex'), contentType: 'image/png' }
    const { Metadata, StorageClass = 'STANDARD' } = objectAttributes(facts)
    const metadata = Object.entries(Metadata).map(([key, value]) => [`x-amz-meta-${key}`, value])
    const value = digest('sha256').toString('base64')
    const object = {
      size: content.length,
      etag: digest('md5').toString('hex'),
      checksum: { algorithm: 'sha256', type: 'FULL_OBJECT', value } as const,
      headers: { 'content-type': facts.contentType, ...Object.fromEntries(metadata) },
      storageClass: StorageClass,
    }
    const { versionId, lastModified } = bucket.add(blobKey('main', ref), object, file =>
      writeFileSync(file, content),
    )
    rows.push({
      ...{ formatVersion: FORMAT_VERSION, database: 'main', ...ref, ...facts, versionId },
      ...{ archivedAt: Date.parse(lastModified), state: 'archived' },
    })
  }
  return rows
}
