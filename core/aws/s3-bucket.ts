import { HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'
import { BlobUnavailable } from '../model/errors.ts'
import type { BlobBucket } from '../ports.ts'
import { createRetry, type Retry } from './retry.ts'
import { createS3Client } from './s3-client.ts'
import { getObject } from './s3-get.ts'
import { readStoredBlob } from './s3-object.ts'
import { putObject } from './s3-put.ts'
import { hasName, statusOf, translateError } from './translate-error.ts'

/** A bucket of S3 or of a server that speaks like it. */
export function createS3Bucket(
  config: BucketConfig,
  client: S3Client = createS3Client(config),
  retry: Retry = createRetry(),
): BlobBucket {
  const at = (key: string) => ({ Bucket: config.name, Key: key })
  const subject = (key: string) => `s3://${config.name}/${key}`

  /**
   * A 404 may mean the bucket, and without the right to list a missing key answers 403. Listing exactly this key
   * tells the cases apart: an empty list means missing, anything else means we cannot know (I11).
   */
  async function confirmMissing(key: string, error: unknown): Promise<undefined> {
    if (hasName(error, 'NoSuchKey')) return undefined
    const denied = hasName(error, 'AccessDenied', 'Forbidden') || (statusOf(error) === 403 && nameless(error))
    if (!denied && statusOf(error) !== 404) throw translateError(error, subject(key))
    if (hasName(error, 'NoSuchBucket')) throw translateError(error, subject(key))
    const { Contents = [] } = await listPage(key, { MaxKeys: 1 })
    if (!Contents.some(({ Key }) => Key === key)) return undefined
    throw translateError(error, subject(key))
  }

  async function listPage(
    prefix: string,
    more: { MaxKeys?: number; ContinuationToken?: string | undefined },
  ) {
    const where = { Bucket: config.name, Prefix: prefix, EncodingType: 'url' as const }
    const command = new ListObjectsV2Command({ ...where, ...more })
    const page = await client.send(command).catch((error: unknown) => {
      throw translateError(error, subject(prefix))
    })
    const { IsTruncated, NextContinuationToken } = page
    if (IsTruncated !== (NextContinuationToken !== undefined)) throw saysNothing(subject(prefix))
    return page.EncodingType === 'url' ? { ...page, Contents: page.Contents?.map(plainly) } : page
  }

  return {
    async put(key, facts, bytes, signal) {
      const { checksums } = config
      try {
        return await putObject(client, { target: at(key), checksums, facts, bytes, signal, retry })
      } catch (error) {
        throw translateError(error, subject(key))
      }
    },

    async head(key) {
      try {
        const command = new HeadObjectCommand({ ...at(key), ChecksumMode: 'ENABLED' })
        return readStoredBlob(await client.send(command), subject(key))
      } catch (error) {
        return confirmMissing(key, error)
      }
    },

    async get(key, signal) {
      try {
        const get = { target: at(key), subject: subject(key), retry, signal }
        const { stored, body } = await getObject(client, get)
        return { stored, body }
      } catch (error) {
        return confirmMissing(key, error)
      }
    },

    async *list(prefix) {
      let token: string | undefined
      do {
        const page = await listPage(prefix, { ContinuationToken: token })
        for (const { Key, Size } of page.Contents ?? [])
          if (Key !== undefined) yield { key: Key, size: Size ?? 0 }
        token = page.NextContinuationToken
      } while (token !== undefined)
    },
  }
}

/** A key may hold what no XML document can, so that it is asked for, and comes, as in a URL. */
function plainly<Entry extends { Key?: string | undefined }>(entry: Entry): Entry {
  return { ...entry, Key: entry.Key && decodeURIComponent(entry.Key.replaceAll('+', ' ')) }
}

/** HEAD answers carry no body, so that a refusal has its status for a name. */
function nameless(error: unknown): boolean {
  return hasName(error, '403', 'UnknownError', 'Unknown')
}

/** What is no listing at all, not even an empty one, is no proof that anything is missing (I11). */
export function saysNothing(subject: string): BlobUnavailable {
  return new BlobUnavailable('SERVER_FAILED', 'the answer is no listing', {
    subject,
    hint: 'run it again; if it stays, check bucket.endpoint and the proxy settings of this host',
  })
}
