import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3'
import { putInParts } from './shield/attempts.ts'
import { denied, done, NOBODY_ALLOWS, put } from './shield/outcome.ts'
import { BUCKET as Bucket, startShielded } from './shield/setting.ts'

/** What a host of the database main gets from the deployed bucket. */

const shielded = await startShielded()
after(() => shielded.stop())
const { as, attempt, archive, assertUntouched, contentOf } = shielded
const instance = as('instance')
const send = shielded.sender('instance')

it('archives, reads and lists its own blobs', async () => {
  const { Key, VersionId, content } = await archive()
  assert.deepEqual(await contentOf({ Key }), content)
  assert.deepEqual(await send(put(`${Key}-2`, '*')), done('s3:PutObject Allowed'))
  assert.deepEqual(await send(new GetObjectCommand({ Bucket, Key })), done('s3:GetObject Allowed'))
  const head = new HeadObjectCommand({ Bucket, Key, VersionId })
  assert.deepEqual(await send(head), done('s3:GetObjectVersion Allowed'))
  const list = new ListObjectsV2Command({ Bucket, Prefix: 'blobs/main/' })
  assert.deepEqual(await send(list), done('s3:ListBucket Allowed'))
  const parts = await attempt(() => putInParts(instance, { Bucket, Key: `${Key}-3` }, { IfNoneMatch: '*' }))
  assert.deepEqual(parts, done(...Array(3).fill('s3:PutObject Allowed')))
})

it('overwrites nothing, with the condition or without it (I3)', async () => {
  const blob = await archive()
  const { Key } = blob
  const barred = 's3:PutObject ExplicitlyDenied by WriteOnce'
  const late = { answer: 'PreconditionFailed', status: 412, decided: ['s3:PutObject Allowed'] }
  assert.deepEqual(await send(put(Key, '*')), late)
  assert.deepEqual(await send(put(Key)), denied(barred))
  const parts = await attempt(() => putInParts(instance, { Bucket, Key }))
  assert.deepEqual(parts, denied('s3:PutObject Allowed', 's3:PutObject Allowed', barred))
  await assertUntouched(blob)
})

it('deletes nothing (I6)', async () => {
  const blob = await archive()
  const { Key, VersionId } = blob
  const mark = await send(new DeleteObjectCommand({ Bucket, Key }))
  assert.deepEqual(mark, denied('s3:DeleteObject ExplicitlyDenied by OnlySweeperMarks'))
  const remove = await send(new DeleteObjectCommand({ Bucket, Key, VersionId }))
  assert.deepEqual(remove, denied('s3:DeleteObjectVersion ExplicitlyDenied by KeepBucketAndVersions'))
  await assertUntouched(blob)
})

it('reaches no other database and no live report (I9)', async () => {
  const blob = await archive('other')
  const { Key } = blob
  const get = new GetObjectCommand({ Bucket, Key })
  assert.deepEqual(await send(get), denied(`s3:GetObject ${NOBODY_ALLOWS}`))
  for (const key of [Key, 'blobs/other/new', 'packs/main/new'])
    assert.deepEqual(await send(put(key, '*')), denied(`s3:PutObject ${NOBODY_ALLOWS}`))
  for (const Prefix of ['blobs/other/', 'blobs/', 'packs/main/', undefined]) {
    const list = new ListObjectsV2Command({ Bucket, Prefix })
    assert.deepEqual(await send(list), denied(`s3:ListBucket ${NOBODY_ALLOWS}`))
  }
  const from = { CopySource: `${Bucket}/${Key}`, IfNoneMatch: '*' }
  const copy = await send(new CopyObjectCommand({ Bucket, Key: 'blobs/main/copy', ...from }))
  assert.deepEqual(copy, denied(`s3:GetObject ${NOBODY_ALLOWS}`, 's3:PutObject Allowed'))
  await assertUntouched(blob)
})
