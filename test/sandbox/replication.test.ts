import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import type { S3StandInOptions } from '../../sandbox/s3/server.ts'
import { BUCKET, standIn, temporaryDirectory } from './stand-in.ts'

/** The adapter before a stand-in, and what it says of the replica of an object, by HEAD and by GET. */
async function replicating(t: TestContext, options: Partial<S3StandInOptions> = {}) {
  const { s3, client } = await standIn(t, options)
  const settings = { name: BUCKET, region: 'us-east-1', endpoint: s3.endpoint, pathStyle: true }
  const bucket = createS3Bucket({ ...settings, checksums: 'server' }, client)
  const put = async (key: string) => {
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: 'bytes' }))
    return VersionId
  }
  const replicationOf = async (key: string) => {
    const got = await bucket.get(key)
    for await (const _ of got?.body ?? []);
    const head = await bucket.head(key)
    assert.ok(head)
    assert.equal(head.replication, got?.stored.replication)
    return head.replication
  }
  return { s3, client, put, replicationOf }
}

test('tells by HEAD and GET how far the replica is, and nothing of it where no rule applies', async t => {
  const { s3, put, replicationOf } = await replicating(t)
  await put('before')
  s3.replicateNew('PENDING')
  await put('after')
  assert.deepEqual([await replicationOf('before'), await replicationOf('after')], [undefined, 'pending'])
  s3.replicate(BUCKET, 'after', 'COMPLETED')
  assert.equal(await replicationOf('after'), 'completed')
  s3.replicate(BUCKET, 'after', 'FAILED')
  assert.equal(await replicationOf('after'), 'failed')
  assert.throws(() => s3.replicate(BUCKET, 'absent', 'COMPLETED'), /no object absent in photos/)
})

test('keeps what it tells of a replica over a restart', async t => {
  const directory = await temporaryDirectory()
  const first = await replicating(t, { directory, replication: 'PENDING' })
  await first.put('early')
  await first.put('late')
  first.s3.replicate(BUCKET, 'early', 'COMPLETED')
  await first.s3.close()

  const second = await replicating(t, { directory })
  assert.deepEqual(
    [await second.replicationOf('early'), await second.replicationOf('late')],
    ['completed', 'pending'],
  )
})

test('tells of each version by itself', async t => {
  const { s3, client, put, replicationOf } = await replicating(t, { replication: 'PENDING' })
  const older = await put('a')
  await put('a')
  s3.replicate(BUCKET, 'a', 'COMPLETED', older)
  assert.equal(await replicationOf('a'), 'pending')
  const head = new HeadObjectCommand({ Bucket: BUCKET, Key: 'a', VersionId: older })
  assert.equal((await client.send(head)).ReplicationStatus, 'COMPLETED')
})

test('never takes an object that is itself a replica for one that has another', async t => {
  const { put, replicationOf } = await replicating(t, { replication: 'REPLICA' })
  await put('a')
  assert.equal(await replicationOf('a'), undefined)
})
