import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { EXAMPLE } from '../stack/synthesize.ts'
import { startServer } from './server.ts'
import { demandSignatures, makeAdministrator, s3Client } from './shield/account.ts'
import { bucketPolicy, deployBucket, PLACE, templates } from './shield/deploy.ts'
import { outcomeOf } from './shield/outcome.ts'

/**
 * moto as it comes, which decides by itself. It passes over conditions and asks bucket policies about `s3:DeleteObject` whatever
 * is deleted, so that it can judge one thing: the replica's statement that bars markers, which there has no exception.
 */

it('keeps an administrator from marking what is in the replica (I6)', async () => {
  const Bucket: string = EXAMPLE.stack.replica.bucket
  const server = await startServer('moto_server', port => ['-H', '127.0.0.1', '-p', port])
  after(() => server.stop())
  const account = { endpoint: server.endpoint, region: PLACE.region }
  const policy = bucketPolicy(templates().replica, Bucket)
  const Statement = policy.Statement.filter(({ Condition }) => Condition === undefined)
  assert.deepEqual(
    Statement.map(({ Sid }) => Sid),
    ['KeepBucketAndVersions', 'OnlySweeperMarks', 'NoLocksOfObjects'],
  )
  await deployBucket(account, Bucket, { ...policy, Statement })
  const administrator = s3Client(account, await makeAdministrator(account, 'administrator'))
  await demandSignatures(account)

  const object = { Bucket, Key: 'blobs/main/any' }
  const { VersionId } = await administrator.send(new PutObjectCommand({ ...object, Body: 'whole' }))
  const mark = () => outcomeOf(() => administrator.send(new DeleteObjectCommand(object)))
  assert.equal((await mark()).status, 403)
  const Delete = { Objects: [{ Key: object.Key }] }
  const { Errors } = await administrator.send(new DeleteObjectsCommand({ Bucket, Delete }))
  assert.deepEqual(
    Errors?.map(({ Key, Code }) => [Key, Code]),
    [[object.Key, 'AccessDenied']],
  )
  const read = await administrator.send(new GetObjectCommand(object))
  assert.deepEqual([read.VersionId, await read.Body?.transformToString()], [VersionId, 'whole'])

  await administrator.send(new DeleteBucketPolicyCommand({ Bucket }))
  assert.equal((await mark()).answer, 'done')
})
