import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { giveAll } from './shield/account.ts'
import { denied, done, NOBODY_ALLOWS, put } from './shield/outcome.ts'
import { RECONFIGURATIONS } from './shield/reconfigurations.ts'
import { type Archived, BUCKET as Bucket, startShielded } from './shield/setting.ts'

/** What the sweeper, the undeleter and the deployment get from the deployed bucket. */

const shielded = await startShielded()
after(() => shielded.stop())
const { account, as, attempt, archive, assertUntouched, contentOf, keys, sweeperRole } = shielded
const sweeper = shielded.sender('sweeper')
const undeleter = shielded.sender('undeleter')

const KEPT = 's3:DeleteObjectVersion ExplicitlyDenied by KeepBucketAndVersions'
const mark = ({ Key }: { Key: string }) => new DeleteObjectCommand({ Bucket, Key })
const remove = ({ Key, VersionId }: Archived) => new DeleteObjectCommand({ Bucket, Key, VersionId })

it('lets the sweeper place a marker on a blob and do nothing more to it (I6)', async () => {
  const blob = await archive()
  assert.deepEqual(await sweeper(remove(blob)), denied(KEPT))
  assert.deepEqual(await sweeper(put(`${blob.Key}-2`, '*')), denied(`s3:PutObject ${NOBODY_ALLOWS}`))
  await assertUntouched(blob)
  assert.deepEqual(await sweeper(mark(blob)), done('s3:DeleteObject Allowed'))
  assert.deepEqual(await sweeper(remove(blob)), denied(KEPT))
  assert.deepEqual(await contentOf(blob), blob.content)
})

it('lets the sweeper touch no live report', async () => {
  const report = { Key: 'packs/main/report' }
  await as('administrator').send(put(report.Key, '*'))
  assert.deepEqual(await sweeper(mark(report)), denied(`s3:DeleteObject ${NOBODY_ALLOWS}, boundary`))
  assert.deepEqual(await sweeper(put('packs/main/2', '*')), denied(`s3:PutObject ${NOBODY_ALLOWS}`))
  assert.deepEqual(await contentOf(report), Buffer.from('x'))
})

it('lets the undeleter copy back what was swept, byte for byte (I5)', async () => {
  const blob = await archive()
  const { Key, VersionId, content } = blob
  const from = { Bucket, Key, CopySource: `${Bucket}/${Key}?versionId=${VersionId}` }
  await as('sweeper').send(mark(blob))
  const versions = new ListObjectVersionsCommand({ Bucket, Prefix: Key })
  assert.deepEqual(await undeleter(versions), done('s3:ListBucketVersions Allowed'))
  const gone = { answer: 'NoSuchKey', status: 404, decided: ['s3:GetObject Allowed'] }
  assert.deepEqual(await undeleter(new GetObjectCommand({ Bucket, Key })), gone)

  const read = 's3:GetObjectVersion Allowed'
  const unconditional = await undeleter(new CopyObjectCommand(from))
  assert.deepEqual(unconditional, denied(read, 's3:PutObject ExplicitlyDenied by WriteOnce'))
  const copied = await undeleter(new CopyObjectCommand({ ...from, IfNoneMatch: '*' }))
  assert.deepEqual(copied, done(read, 's3:PutObject Allowed'))
  assert.deepEqual(await contentOf({ Key }), content)
})

it('lets the undeleter copy back in parts, which servers without conditional copies need (I5)', async () => {
  const blob = await archive()
  const { Key, VersionId, content } = blob
  const client = as('undeleter')
  await as('sweeper').send(mark(blob))
  const outcome = await attempt(async () => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    const upload = { Bucket, Key, UploadId }
    const part = { PartNumber: 1, CopySource: `${Bucket}/${Key}?versionId=${VersionId}` }
    const { CopyPartResult } = await client.send(new UploadPartCopyCommand({ ...upload, ...part }))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: CopyPartResult?.ETag }] }
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, IfNoneMatch: '*' }))
  })
  const write = 's3:PutObject Allowed'
  assert.deepEqual(outcome, done(write, 's3:GetObjectVersion Allowed', write, write))
  assert.deepEqual(await contentOf({ Key }), content)
})

it('lets the undeleter delete neither blobs nor markers (I6)', async () => {
  const blob = await archive()
  assert.deepEqual(
    await undeleter(mark(blob)),
    denied('s3:DeleteObject ExplicitlyDenied by OnlySweeperMarks'),
  )
  const { VersionId = '' } = await as('sweeper').send(mark(blob))
  assert.deepEqual(await undeleter(remove({ ...blob, VersionId })), denied(KEPT))
})

it('lets the deployment, and no role of a similar name, change every setting', async () => {
  for (const { name, action, run, otherwise = 'done' } of RECONFIGURATIONS) {
    const blob = await archive()
    const similar = await attempt(() => run(as('namesake of the deployment'), blob))
    assert.deepEqual(similar, denied(`${action} ExplicitlyDenied by OnlyDeploymentsReconfigure`), name)
    await assertUntouched(blob)
    const { answer, decided } = await attempt(() => run(as('deployment'), blob))
    assert.deepEqual([answer, decided], [otherwise, [`${action} Allowed`]], name)
    await shielded.deploy()
  }
})

it('lets not even the deployment delete a version (I6)', async () => {
  const blob = await archive()
  const outcome = await shielded.sender('deployment')(remove(blob))
  assert.deepEqual(outcome, denied(KEPT))
  await assertUntouched(blob)
})

it('keeps a sweeper that was given all rights within its boundary (I6)', async () => {
  await giveAll(account, sweeperRole, keys.administrator)
  const blob = await archive()
  assert.deepEqual(await sweeper(remove(blob)), denied(`${KEPT}, boundary`))
  const beyond = (action: string) => denied(`${action} ImplicitlyDenied by resource, boundary`)
  assert.deepEqual(await sweeper(put('elsewhere', '*')), beyond('s3:PutObject'))
  assert.deepEqual(await sweeper(mark({ Key: 'elsewhere' })), beyond('s3:DeleteObject'))
  await assertUntouched(blob)
})
