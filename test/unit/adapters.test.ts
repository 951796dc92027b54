import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { S3Client } from '@aws-sdk/client-s3'
import { createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { toItem } from '../../core/aws/dynamo-item.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { readStoredBlob } from '../../core/aws/s3-object.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'

/** What no server of ours answers by itself: pages, half-done batches, metadata of somebody else. */

const sha256 = 'ab'.repeat(32)
const $metadata = {}
const row: BlobRow = {
  ...{ formatVersion: 1, database: 'main', oid: '00000000000004d2', tid: '03d167f919308700' },
  ...{ size: 5, sha256, contentType: 'image/png', archivedAt: 7, state: 'archived' },
}

/** A client that gives these answers one after the other, or throws them, and remembers what it was asked. */
function answering(answers: object[]) {
  const asked: Record<string, unknown>[] = []
  const send = async ({ input }: { input: Record<string, unknown> }) => {
    asked.push(input)
    const answer = answers[asked.length - 1] ?? { Items: [] }
    if (answer instanceof Error) throw answer
    return answer
  }
  return { asked, client: { send } as unknown }
}

describe('the S3 adapter', () => {
  const own = { sha256, size: '5', 'format-version': '1' }
  const LastModified = new Date(7000)
  const read = (Metadata: Record<string, string>, more = {}) =>
    readStoredBlob({ $metadata, ContentLength: 5, LastModified, Metadata, ...more }, 's3://bucket/key')

  it('believes metadata only when it is ours, of our format and not contradicted by the size', () => {
    assert.equal(read(own).sha256, sha256)
    const others = [{ ...own, 'format-version': '2' }, { ...own, size: '6' }, { ...own, sha256: 'short' }, {}]
    for (const metadata of others) assert.equal(read(metadata).sha256, undefined)
  })

  it('takes an object for vouched only when the bucket’s own checksum says the same', () => {
    const base64 = Buffer.from(sha256, 'hex').toString('base64')
    assert.equal(read(own, { ChecksumSHA256: base64 }).vouched, true)
    assert.equal(read(own).vouched, false)
    assert.equal(read(own, { ChecksumSHA256: `${base64}-3` }).vouched, false)
    assert.equal(read({}, { ChecksumSHA256: base64 }).vouched, false)
  })

  it('makes up no time for an answer that tells none', () => {
    assert.equal(read(own).lastModified, 7000)
    assert.throws(() => read(own, { LastModified: undefined }), { code: 'SERVER_FAILED' })
  })

  it('lists on until the last page', async () => {
    const { client, asked } = answering([
      { Contents: [{ Key: 'a', Size: 1 }], IsTruncated: true, NextContinuationToken: 'more' },
      { Contents: [{ Key: 'b', Size: 2 }], IsTruncated: false },
    ])
    const config = { name: 'some-bucket', region: 'r', pathStyle: true, checksums: 'server' as const }
    const keys: string[] = []
    for await (const { key } of createS3Bucket(config, client as S3Client).list('')) keys.push(key)
    assert.deepEqual(keys, ['a', 'b'])
    assert.equal(asked[1]?.ContinuationToken, 'more')
  })
})

describe('the DynamoDB adapter', () => {
  it('asks again for what a batch left out, and always for the newest', async () => {
    const keys = [{ pk: { S: 'x' }, sk: { S: 'y' } }]
    const { client, asked } = answering([
      { Responses: {}, UnprocessedKeys: { table: { Keys: keys } } },
      { Responses: { table: [toItem(row)] } },
    ])
    assert.deepEqual(await createDynamoIndex('table', client as DynamoDBClient).find('main', [row]), [row])
    assert.equal(asked.length, 2)
    for (const { RequestItems } of asked) {
      assert.equal((RequestItems as { table: { ConsistentRead: boolean } }).table.ConsistentRead, true)
    }
  })

  it('does not call a row inserted that was refused, even when it is not found then (I8)', async () => {
    const refusal = Object.assign(new Error('told so'), { name: 'ConditionalCheckFailedException' })
    const { client } = answering([refusal, { Responses: {} }])
    await assert.rejects(createDynamoIndex('table', client as DynamoDBClient).insert(row), BlobUnavailable)
  })

  it('lists a partition on until its last page', async () => {
    const start = { pk: { S: 'x' }, sk: { S: 'y' } }
    const others = Array.from({ length: 63 }, () => ({ Items: [] }))
    const { client, asked } = answering([
      { Items: [toItem(row)], LastEvaluatedKey: start },
      ...others,
      { Items: [toItem(row)] },
    ])
    const rows: BlobRow[] = []
    for await (const found of createDynamoIndex('table', client as DynamoDBClient).list('main'))
      rows.push(found)
    assert.equal(rows.length, 2)
    assert.deepEqual(asked[64]?.ExclusiveStartKey, start)
    assert.equal(asked.length, 65)
    for (const { Limit } of asked) assert.equal(Limit, 250)
  })
})
