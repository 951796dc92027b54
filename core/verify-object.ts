import { hashObject } from './hash-object.ts'
import { NiceBlobsError } from './model/errors.ts'
import type { BlobBucket, BlobFacts, StoredBlob } from './ports.ts'

/** A version whose bytes were compared before; undefined where the bucket keeps no versions. */
export interface VerifiedVersion {
  versionId: string | undefined
}

/**
 * The current object of a key, if it is exactly these bytes. Unless the bucket itself says so, or this is the version
 * that was verified before, the object is read and hashed: a name, a size or metadata prove nothing (I1, I3).
 */
export async function requireSameObject(
  bucket: BlobBucket,
  key: string,
  facts: Pick<BlobFacts, 'size' | 'sha256'>,
  verified?: VerifiedVersion,
): Promise<StoredBlob> {
  const stored = await bucket.head(key)
  if (!stored) throw objectGone(key)
  if (stored.size !== facts.size) throw conflict(key, `${stored.size} bytes there, ${facts.size} here`)
  if (stored.sha256 === undefined) throw conflict(key, 'an object that was not archived by nice-blobs')
  if (stored.sha256 !== facts.sha256) throw conflict(key, 'the same size, other bytes')
  if (stored.vouched || (verified && verified.versionId === stored.versionId)) return stored
  const read = await hashObject(bucket, key)
  if (!read) throw objectGone(key)
  if (read.readSha256 !== facts.sha256) throw conflict(key, 'its bytes are not what its metadata says')
  return stored
}

function objectGone(key: string): NiceBlobsError {
  return new NiceBlobsError('BLOB_CONFLICT', 'the object has vanished from the bucket', {
    subject: key,
    hint: 'the local file stays; find out who may delete there before you archive again',
  })
}

function conflict(key: string, difference: string): NiceBlobsError {
  return new NiceBlobsError('BLOB_CONFLICT', `the key holds another object (${difference})`, {
    subject: key,
    hint: 'both are kept; two databases under one name, or a restored database that reuses its tids?',
  })
}
