import { DeleteObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'
import { BlobMissing, NiceBlobsError } from '../model/errors.ts'
import type { BlobVersions } from '../ports.ts'
import { createRetry, type Retry } from './retry.ts'
import { createS3Bucket } from './s3-bucket.ts'
import { createS3Client } from './s3-client.ts'
import { COPY_SIZES, copyOnto, copySource } from './s3-copy.ts'
import { knownVersion, readStoredBlob } from './s3-object.ts'
import { listMarked, listVersions } from './s3-version-list.ts'
import { hasName, statusOf, translateError } from './translate-error.ts'

/** What is answered where there is no such version, or a marker; and elsewhere too. */
const PERHAPS_NONE = [403, 404, 405]
/** As large as they may be. */
const SIZES = { ...COPY_SIZES, page: 1000 }

/** The versions of a bucket of S3, or of a server that speaks like it. */
export function createS3Versions(
  config: BucketConfig,
  client: S3Client = createS3Client(config),
  retry: Retry = createRetry(),
  sizes = SIZES,
): BlobVersions {
  const bucket = createS3Bucket(config, client, retry)
  const at = (key: string) => ({ Bucket: config.name, Key: key })
  const subject = (key: string) => `s3://${config.name}/${key}`
  const where = { Bucket: config.name, pageSize: sizes.page }
  const list = (key: string) => listVersions(client, where, key)

  return {
    async mark(key) {
      const current = await bucket.head(key)
      if (!current) throw nothingThere(subject(key))
      // Where no versions are kept, the same request deletes for good.
      if (current.versionId === undefined) throw keepsNoVersions(subject(key))
      const answer = await client.send(new DeleteObjectCommand(at(key))).catch((error: unknown) => {
        throw translateError(error, subject(key))
      })
      const versionId = knownVersion(answer.VersionId)
      if (answer.DeleteMarker !== true || versionId === undefined) throw keepsNoVersions(subject(key))
      return { versionId }
    },

    list,

    listMarked: prefix => listMarked(client, where, prefix),

    async head(key, versionId) {
      try {
        const command = new HeadObjectCommand({ ...at(key), VersionId: versionId, ChecksumMode: 'ENABLED' })
        return readStoredBlob(await client.send(command), subject(key))
      } catch (error) {
        if (!PERHAPS_NONE.includes(statusOf(error) ?? 0)) throw translateError(error, subject(key))
        // A 404 may mean the bucket, and a 403 that nothing may be known: a listing tells (I11).
        const listed = (await list(key)).find(version => version.versionId === versionId)
        if (!listed || listed.marker) return undefined
        throw translateError(error, subject(key))
      }
    },

    async restore(key, { versionId, facts }) {
      const { checksums } = config
      const target = at(key)
      const source = { CopySource: `${copySource(target)}?versionId=${encodeURIComponent(versionId)}` }
      try {
        return await copyOnto(client, { target, source, checksums, facts, retry, sizes })
      } catch (error) {
        if (hasName(error, 'NoSuchVersion'))
          throw versionGone(`${subject(key)}?versionId=${versionId}`, error)
        throw translateError(error, subject(key))
      }
    },
  }
}

function nothingThere(subject: string): BlobMissing {
  return new BlobMissing('there is no object to mark', {
    subject,
    hint: 'it has a marker already, or never was: nice-blobs check',
  })
}

function versionGone(subject: string, cause: unknown): BlobMissing {
  return new BlobMissing('the version is no longer there', {
    subject,
    hint: 'its undelete window has ended; what is left of the blob is in backups, if anywhere',
    cause,
  })
}

function keepsNoVersions(subject: string): NiceBlobsError {
  return new NiceBlobsError('BUCKET_UNSAFE', 'the bucket does not keep versions', {
    subject,
    hint: 'what is deleted there is gone for good: switch versioning on before anything is swept',
  })
}
