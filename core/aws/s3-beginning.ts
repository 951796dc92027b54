import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'
import { BlobUnavailable } from '../model/errors.ts'
import type { BlobBeginnings, BlobBucket } from '../ports.ts'
import { createRetry, isPassing, type Retry, repeat } from './retry.ts'
import { createS3Bucket } from './s3-bucket.ts'
import { createS3Client } from './s3-client.ts'
import { cutShort } from './s3-get.ts'
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
    const size = sizeOf(output, subjectOf(key))
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
      const read = repeat(retry, () => readOnce(key, length), brokeOff)
      try {
        return await read.catch((error: unknown) => lookAgain(key, error))
      } catch (error) {
        throw translateError(error, subjectOf(key))
      }
    },
  }
}

/** What goes wrong before there is a body, the SDK has repeated by itself. */
function brokeOff(error: unknown): boolean {
  return error instanceof BlobUnavailable && isPassing(error)
}

/** Of the whole object, which a server that knows no ranges sends. */
function sizeOf({ ContentRange, ContentLength = 0 }: GetObjectCommandOutput, subject: string): number {
  if (ContentRange === undefined) return ContentLength
  const [, size] = /^bytes 0-\d+\/(\d+)$/.exec(ContentRange) ?? []
  if (size !== undefined) return Number(size)
  throw new BlobUnavailable('SERVER_FAILED', 'the answer is another range than was asked for', {
    subject,
    hint: 'check bucket.endpoint and the proxy settings of this host',
  })
}

async function firstBytes(
  { Body }: GetObjectCommandOutput,
  length: number,
  subject: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let received = 0
  try {
    for await (const part of Body as AsyncIterable<Uint8Array>) {
      parts.push(part)
      received += part.length
      // It is the whole object. A range is read to its end, so that its connection can be used again.
      if (received > length) break
    }
  } catch (error) {
    throw translateError(error, subject)
  }
  if (received < length) throw cutShort(subject, received, length)
  return Buffer.concat(parts).subarray(0, length)
}
