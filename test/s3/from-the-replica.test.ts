import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef } from '../../core/model/ref.ts'
import { archived } from '../cli/garbage-setting.ts'
import { factsOf, readAll } from '../contract/bucket-contract.ts'
import { trueBlobs } from '../flows/setting.ts'
import { typedCommands } from '../structure/typed-commands.ts'

const AWS = fileURLToPath(new URL('../../.work/s3-venv/bin', import.meta.url))
const REPLICA = 'example-blobs-replica'
const [blob] = trueBlobs('bushy')

describe('what the bucket has forgotten', () => {
  it('comes back from the replica by the commands of docs/operations.md', async test => {
    assert.ok(blob)
    const { base, environment, run, sandbox, bucket, rowOf, sweep } = await archived(test)
    const { region, bucketEndpoint: endpoint, credentials } = sandbox
    const key = blobKey('main', blob)
    const s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true })
    test.after(() => s3.destroy())
    await s3.send(new CreateBucketCommand({ Bucket: REPLICA }))
    const replica = createS3Bucket({ name: REPLICA, region, endpoint, pathStyle: true, checksums: 'server' })
    const bytes = await readAll((await bucket.get(key))?.body ?? assert.fail('it is archived'))
    await replica.put(key, factsOf(bytes), { open: () => bytes })

    await sweep(blob)
    const { Versions = [], DeleteMarkers = [] } = await s3.send(
      new ListObjectVersionsCommand({ Bucket: 'some-bucket', Prefix: key }),
    )
    for (const { VersionId } of [...Versions, ...DeleteMarkers])
      await s3.send(new DeleteObjectCommand({ Bucket: 'some-bucket', Key: key, VersionId }))
    const forgotten = await run('undelete', formatRef(blob))
    assert.match(forgotten.err, /BLOB_MISSING/)

    const env = {
      ...environment,
      PATH: `${AWS}:${process.env.PATH}`,
      AWS_ENDPOINT_URL: endpoint,
      AWS_DEFAULT_REGION: region,
      AWS_DEFAULT_OUTPUT: 'json',
      // The stand-in takes no body in chunks.
      AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
    }
    const copy = join(base, 'copy')
    const type = async (words: string) => {
      const typed = words
        .replace('/tmp/blob', copy)
        .replace('--bucket example-blobs ', '--bucket some-bucket ')
      const { stdout } = await promisify(execFile)('sh', ['-c', `KEY=${key}; ${typed}`], { env })
      return stdout.trim() === '' ? {} : JSON.parse(stdout)
    }
    const [, list = '', get = '', put = ''] = typedCommands('docs/operations.md')
      .filter(({ section }) => section === 'Undelete')
      .map(({ words }) => words)
      .filter(words => /^(?:KEY=|aws )/.test(words))
    const [version] = (await type(list)).Versions
    const told = await type(get.replace('VERSION', version.VersionId))
    const { sha256, size } = told.Metadata
    const filled = put
      .replace('image/jpeg', told.ContentType)
      .replace('sha256=…,size=…', `sha256=${sha256},size=${size}`)
    await type(filled)
    await assert.rejects(type(filled), /PreconditionFailed/, 'it is put once')

    const { status, err } = await run('undelete', formatRef(blob))
    assert.equal(status, 0, err)
    assert.equal((await rowOf(blob)).state, 'archived')
    assert.equal(sha256, blob.sha256)
    assert.equal((await run('check', '--deep')).status, 0)
  })
})
