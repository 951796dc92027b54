import type { S3Client } from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'
import type { BlobCopies } from '../ports.ts'
import { sourceChanged } from '../source-changed.ts'
import { createRetry, type Retry } from './retry.ts'
import { createS3Bucket } from './s3-bucket.ts'
import { createS3Client } from './s3-client.ts'
import { COPY_SIZES, copyOnto, copySource } from './s3-copy.ts'
import type { PredecessorPlace } from './s3-predecessor.ts'
import { hasName, translateError } from './translate-error.ts'

/** Copies that the server makes, of another bucket of its own. No byte passes this host. */
export function createS3Copies(
  config: BucketConfig,
  { bucket: from, customerKey }: PredecessorPlace,
  client: S3Client = createS3Client(config),
  retry: Retry = createRetry(),
  sizes = COPY_SIZES,
): BlobCopies {
  const bucket = createS3Bucket(config, client, retry)
  const encrypted = customerKey && {
    CopySourceSSECustomerAlgorithm: 'AES256',
    CopySourceSSECustomerKey: customerKey,
  }

  return {
    async copy({ key, etag }, to, facts, signal) {
      const { checksums, name } = config
      const target = { Bucket: name, Key: to }
      const found = { CopySource: copySource({ Bucket: from.name, Key: key }), CopySourceIfMatch: etag }
      const source = { ...found, ...encrypted }
      const subject = `s3://${from.name}/${key}`
      try {
        const put = await copyOnto(client, { target, source, checksums, facts, retry, sizes, signal })
        // One status for both conditions: what the key holds tells which of them failed.
        if (put.outcome === 'present' && !(await bucket.head(to))) throw sourceChanged(subject)
        return put
      } catch (error) {
        if (hasName(error, 'NoSuchKey')) throw sourceChanged(subject, error)
        throw translateError(error, `s3://${name}/${to} from ${subject}`)
      }
    },
  }
}
