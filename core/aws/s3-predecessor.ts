import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'
import { BlobUnavailable, NiceBlobsError, type UnavailableCode } from '../model/errors.ts'
import type { PredecessorBucket } from '../ports.ts'
import { sourceChanged } from '../source-changed.ts'
import { createRetry, type Retry } from './retry.ts'
import { createS3Bucket } from './s3-bucket.ts'
import { createS3Client, TIME_OUTS } from './s3-client.ts'
import { getObject } from './s3-get.ts'
import { hasName, translateError } from './translate-error.ts'

/** Where a predecessor's blobs are, and what it takes to read them. */
export interface PredecessorPlace {
  readonly bucket: BucketConfig
  /** Of the host's shared files, where other credentials than those of our bucket are needed. */
  readonly profile?: string | undefined
  /** 32 bytes in base64, with which the bucket encrypted them (SSE-C). */
  readonly customerKey?: string | undefined
}

/** Another product's bucket on S3, or on a server that speaks like it. */
export function createS3Predecessor(
  place: PredecessorPlace,
  client: S3Client = createS3Client(place.bucket, TIME_OUTS, place.profile),
  retry: Retry = createRetry(),
): PredecessorBucket {
  const { bucket, customerKey } = place
  const key = customerKey && { SSECustomerAlgorithm: 'AES256', SSECustomerKey: customerKey }
  const listed = createS3Bucket(bucket, client, retry)

  return {
    async *list(prefix) {
      try {
        yield* listed.list(prefix)
      } catch (error) {
        throw readingError(error, `s3://${bucket.name}/${prefix}`)
      }
    },

    async open(name, etag, signal) {
      const subject = `s3://${bucket.name}/${name}`
      const condition = etag === undefined ? {} : { IfMatch: etag }
      const target = { Bucket: bucket.name, Key: name, ...condition, ...key }
      try {
        const { first, stored, body } = await getObject(client, { target, subject, retry, signal })
        const { ETag = rejectAnswer(subject) } = first
        return { size: stored.size, etag: ETag, md5: md5In(first), body }
      } catch (error) {
        if (hasName(error, 'NoSuchKey')) return undefined
        if (hasName(error, 'PreconditionFailed', '412')) throw sourceChanged(subject, error)
        throw readingError(error, subject)
      }
    },
  }
}

/** What came in parts, or is encrypted with a key of the account's or the writer's, has an ETag that is none. */
function md5In({ ETag, ServerSideEncryption, SSECustomerAlgorithm }: GetObjectCommandOutput) {
  if (SSECustomerAlgorithm !== undefined || ServerSideEncryption?.startsWith('aws:kms')) return undefined
  return /^"([0-9a-f]{32})"$/.exec(ETag ?? '')?.[1]
}

/** What is wrong here is set by the command's options, not by the configuration. */
function readingError(error: unknown, subject: string): NiceBlobsError {
  if (hasName(error, 'InvalidObjectState')) return asleep(subject, error)
  const translated = translateError(error, subject)
  if (!(translated instanceof BlobUnavailable)) return translated
  const { code, message, cause } = translated
  const encrypted = hasName(cause ?? {}, 'InvalidRequest') ? ENCRYPTED : undefined
  const hint = encrypted ?? HINTS[code] ?? translated.hint
  return new BlobUnavailable(code as UnavailableCode, message, { subject, hint, cause })
}

const ENCRYPTED = 'if it is encrypted with a key of the application’s own: --sse-customer-key'

const HINTS: Partial<Record<NiceBlobsError['code'], string>> = {
  BUCKET_MISSING: 'check --from, --from-region and --from-endpoint',
  REGION_WRONG: 'say its region: --from-region',
  ACCESS_DENIED:
    'these credentials may not read there, or --sse-customer-key is another one: docs/migration.md',
}

function asleep(subject: string, cause: unknown): NiceBlobsError {
  return new NiceBlobsError('SOURCE_UNREADABLE', 'it is in a storage class that has to be restored first', {
    subject,
    hint: 'restore the object for some days (S3 Glacier), and run it again',
    cause,
  })
}

function rejectAnswer(subject: string): never {
  throw new BlobUnavailable('SERVER_FAILED', 'the answer has no ETag', {
    subject,
    hint: 'a server that speaks S3 sends one; a proxy may have taken it out',
  })
}
