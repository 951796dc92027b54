import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { factsOf, readAll } from './bucket-contract.ts'

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

const present = blobKey('main', refNumber(1))
const absent = blobKey('main', refNumber(2))

const bucketAt = (endpoint: string, name = 'some-bucket') =>
  createS3Bucket({ name, region: SANDBOX_REGION, endpoint, pathStyle: true, checksums: 'server' })

/** A bucket with one blob, whose server refuses what the returned set names. */
async function guarded(test: TestContext) {
  const denied = new Set<string>()
  const s3 = await startS3({
    directory: join(scratch(test), 's3'),
    buckets: ['some-bucket'],
    deny: ({ action }) => denied.has(action),
  })
  test.after(() => s3.close())
  const bucket = bucketAt(s3.endpoint)
  const content = Buffer.from('a blob')
  await bucket.put(present, factsOf(content), { open: () => content })
  return { bucket, denied, endpoint: s3.endpoint }
}

const unavailable = (code: string) => (error: unknown) =>
  error instanceof BlobUnavailable && error.code === code

describe('missing and denied are told apart (I11)', () => {
  it('a key that may not be read but is listed is denied, not missing', async test => {
    const { bucket, denied } = await guarded(test)
    denied.add('GetObject').add('HeadObject')
    await assert.rejects(bucket.get(present), unavailable('ACCESS_DENIED'))
    await assert.rejects(bucket.head(present), unavailable('ACCESS_DENIED'))
  })

  it('a key that may not be read and is not listed is missing', async test => {
    const { bucket, denied } = await guarded(test)
    denied.add('GetObject').add('HeadObject')
    assert.equal(await bucket.get(absent), undefined)
    assert.equal(await bucket.head(absent), undefined)
  })

  it('without the right to list, nothing is ever called missing', async test => {
    const { bucket, denied } = await guarded(test)
    denied.add('ListObjectsV2')
    await assert.rejects(bucket.get(absent), unavailable('ACCESS_DENIED'))
    await assert.rejects(bucket.head(absent), unavailable('ACCESS_DENIED'))
    const found = await bucket.get(present)
    assert.equal(found && (await readAll(found.body)).toString(), 'a blob')
  })

  it('in a bucket that is not there, nothing is called missing, though HEAD answers a bare 404', async test => {
    const { endpoint } = await guarded(test)
    const bucket = bucketAt(endpoint, 'another-bucket')
    await assert.rejects(bucket.head(present), unavailable('BUCKET_MISSING'))
    await assert.rejects(bucket.get(present), unavailable('BUCKET_MISSING'))
    await assert.rejects(async () => {
      for await (const _ of bucket.list('blobs/')) assert.fail('listed')
    }, unavailable('BUCKET_MISSING'))
  })

  it('a 404 of something that is no S3 is no missing blob', async test => {
    const server = createServer((_request, response) => response.writeHead(404).end('<html>not here</html>'))
    server.listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    test.after(() => server.close())
    const bucket = bucketAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await assert.rejects(bucket.head(present), BlobUnavailable)
    await assert.rejects(bucket.get(present), BlobUnavailable)
  })

  it('an answer that ends too early is an outage, not a short blob (I2)', async test => {
    const server = createServer((_request, response) => {
      const modified = { 'last-modified': new Date().toUTCString() }
      response.writeHead(200, { 'content-length': '1000', 'x-amz-meta-size': '1000', ...modified })
      response.write('only this', () => response.destroy())
    })
    server.listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    test.after(() => server.close())
    const found = await bucketAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).get(present)
    assert.ok(found)
    await assert.rejects(readAll(found.body), unavailable('SERVER_UNREACHABLE'))
  })
})
