import { tmpdir } from 'node:os'
import type { Archive } from '../../core/archive.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { readEntries, readNewestManifest } from '../../core/aws/s3-inventory.ts'
import { type BucketInventory, createBucketInventory } from '../../core/bucket-inventory.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import type { Config } from '../../core/model/config.ts'
import { isForgotten } from '../../core/model/difference.ts'
import { blobKey, blobPrefix } from '../../core/model/key.ts'

/** What a check needs in place of a listing of the bucket. */
export interface InventoryCheck {
  readonly archive: Archive
  isForgotten(row: BlobRow): boolean
  readonly inventory: BucketInventory
}

/** `place`: `records-bucket/inventory`, where the bucket's daily inventories are; what differs there is looked at in the bucket itself. */
export async function openInventory(
  archive: Archive,
  { bucket, stack }: Config,
  place: string,
): Promise<InventoryCheck> {
  const [name = '', ...rest] = place.replace(/^s3:\/\//, '').split('/')
  const records = createS3Bucket({ ...bucket, name })
  const manifest = await readNewestManifest(records, { prefix: rest.join('/'), source: bucket.name })
  const prefix = blobPrefix(archive.database)
  const inventory = await createBucketInventory(readEntries(records, manifest), {
    prefix,
    scratch: tmpdir(),
    madeAt: manifest.creationTimestamp,
  })
  const window = stack?.garbage.undeleteWindow ?? 0
  return {
    inventory,
    archive: { ...archive, bucket: { ...archive.bucket, list: inventory.list } },
    isForgotten: row =>
      isForgotten(row, inventory.isRetained(blobKey(archive.database, row)), {
        madeAt: inventory.madeAt,
        window,
      }),
  }
}
