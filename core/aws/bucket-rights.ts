import { createHash } from 'node:crypto'
import * as s3 from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'
import { ALL_BLOBS, blobKey } from '../model/key.ts'
import { type BucketRights, NO_BLOB, type Outcome } from '../model/right.ts'
import { attempt } from './attempt.ts'
import type { Probe } from './probe.ts'
import { createS3Client } from './s3-client.ts'
import { translateError } from './translate-error.ts'

interface Place {
  client: s3.S3Client
  target: { Bucket: string; Key: string }
  subject: string
}

const ELSEWHERE: Outcome = {
  outcome: 'unknown',
  why: 'this is another server than S3, where the attempt could do harm',
}

/** Attempts on a key that no blob has, none of which changes anything on S3 (docs/operations.md, "doctor"). */
export async function tryBucketRights(
  config: BucketConfig,
  database: string,
  { error, key }: Probe,
): Promise<BucketRights> {
  const client = createS3Client(config)
  const target = { Bucket: config.name, Key: blobKey(database, NO_BLOB) }
  const place = { client, target, subject: `s3://${target.Bucket}/${target.Key}` }
  const onS3 = config.endpoint === undefined
  try {
    return {
      list: { outcome: error ? 'denied' : 'allowed' },
      read: await tryRead(place, key),
      create: await tryCreate(place),
      mark: onS3 ? await tryMark(place) : ELSEWHERE,
      deleteVersion: onS3 ? await tryDeleteVersion(place) : ELSEWHERE,
      overwrite: onS3 ? await tryOverwrite(place) : ELSEWHERE,
      reach: onS3 ? await tryReach(place) : ELSEWHERE,
    }
  } finally {
    client.destroy()
  }
}

/** That a key is missing may be kept secret from those who may read: only a blob tells for sure. */
async function tryRead({ client, target, subject }: Place, key = target.Key): Promise<Outcome> {
  const work = () => client.send(new s3.HeadObjectCommand({ ...target, Key: key }))
  const tried = await attempt('s3:GetObject', subject, work)
  if (key !== target.Key || tried.outcome !== 'denied') return tried
  return { outcome: 'unknown', why: 'no blob is there to try it with' }
}

/** An upload in parts is nothing before it is completed. */
function tryCreate({ client, target, subject }: Place): Promise<Outcome> {
  const work = async () => {
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(target))
    if (!UploadId) throw new Error('no id for the upload')
    const abort = client.send(new s3.AbortMultipartUploadCommand({ ...target, UploadId }))
    const told = (error: unknown) => `the upload ${UploadId}: ${translateError(error, subject).message}`
    return abort.then(() => undefined, told)
  }
  return attempt('s3:PutObject', subject, work, left => left)
}

/** S3 refuses the condition where nothing has the key; other servers pass over it and place a marker. */
function tryMark({ client, target, subject }: Place): Promise<Outcome> {
  const work = () => client.send(new s3.DeleteObjectCommand({ ...target, IfMatch: '"nothing"' }))
  const left = `a delete marker on ${subject}`
  return attempt('s3:DeleteObject', subject, work, ({ DeleteMarker }) => (DeleteMarker ? left : undefined))
}

/** Of a version that is not there. */
function tryDeleteVersion({ client, target, subject }: Place): Promise<Outcome> {
  const work = () => client.send(new s3.DeleteObjectCommand({ ...target, VersionId: 'null' }))
  return attempt('s3:DeleteObjectVersion', subject, work)
}

/** Without the condition that the shield asks for, and with the MD5 of other bytes, which are never stored. */
function tryOverwrite({ client, target, subject }: Place): Promise<Outcome> {
  const ContentMD5 = createHash('md5').update('other bytes').digest('base64')
  const work = () => client.send(new s3.PutObjectCommand({ ...target, Body: 'nothing', ContentMD5 }))
  return attempt('s3:PutObject', subject, work, () => `an object at ${subject}`)
}

/** All databases have this prefix in common. */
function tryReach({ client, target: { Bucket }, subject }: Place): Promise<Outcome> {
  const work = () => client.send(new s3.ListObjectsV2Command({ Bucket, Prefix: ALL_BLOBS, MaxKeys: 1 }))
  return attempt('s3:ListBucket', subject, work)
}
