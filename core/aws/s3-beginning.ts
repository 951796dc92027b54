import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'
import { BlobUnavailable } from '../model/errors.ts'
import type { BlobBeginnings, BlobBucket } from '../ports.ts'
import { createRetry, isPassing, type Retry, repeat } from './retry.ts'
import { createS3Bucket } from './s3-bucket.ts'
import { createS3Client } from './s3-client.ts'
import { readStoredBlob } from './s3-object.ts'
import { statusOf, translateError } from './translate-error.ts'

const NO_SUCH_RANGE = 416

/** The first bytes of a bucket's objects, by a range. */
export function createS3Beginnings(
  config: BucketConfig,
  client: S3Client = createS3Client(config),
  retry: Retry = createRetry(),
  bucket: Pick<BlobBucket, 'head'> = createS3Bucket(config, client, retry),
): BlobBeginnings {
  const subjectOf = (key: string) => `s3://${config.name}/${key}`

  async function readOnce(key: string, length: number) {
    const range = { Range: `bytes=0-${length - 1}` }
    const output = await client.send(new GetObjectCommand({ Bucket: config.name, Key: key, ...range }))
    const size = sizeOf(output)
    const stored = readStoredBlob({ ...output, ContentLength: size }, subjectOf(key))
    return { stored, bytes: await firstBytes(output, Math.min(length, size), subjectOf(key)) }
  }

  /** Missing, denied, or without a first byte: a head tells them apart (I11). */
  async function lookAgain(key: string, error: unknown) {
    if (![403, 404, NO_SUCH_RANGE].includes(statusOf(error) ?? 0)) throw error
    const stored = await bucket.head(key)
    if (stored === undefined) return undefined
    if (stored.size > 0) throw error
    return { stored, bytes: new Uint8Array() }
  }

  return {
    async read(key, length) {
      try {
        return await repeat(retry, () => readOnce(key, length), isPassing).catch((error: unknown) =>
          lookAgain(key, error),
        )
      } catch (error) {
        throw translateError(error, subjectOf(key))
      }
    },
  }
}

/** Of the whole object. A server that knows no ranges sends it. */
function sizeOf({ ContentRange, ContentLength }: GetObjectCommandOutput): number {
  const [, size] = /^bytes 0-\d+\/(\d+)$/.exec(ContentRange ?? '') ?? []
  return size === undefined ? (ContentLength ?? 0) : Number(size)
}

/** What comes beyond them is not waited for. */
async function firstBytes(
  { Body }: GetObjectCommandOutput,
  length: number,
  subject: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let received = 0
  for await (const part of Body as AsyncIterable<Uint8Array>) {
    parts.push(part)
    received += part.length
    if (received >= length) break
  }
  if (received >= length) return Buffer.concat(parts).subarray(0, length)
  throw new BlobUnavailable('SERVER_UNREACHABLE', `the answer ended after ${received} of ${length} bytes`, {
    subject,
    hint: 'run it again',
  })
}
