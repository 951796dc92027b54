import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { EXIT } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef } from '../../core/model/ref.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { factsOf, readAll } from '../contract/bucket-contract.ts'
import { hashFile, trueBlobs } from '../flows/setting.ts'
import { typedCommands } from '../structure/typed-commands.ts'
import { install } from './command.ts'

const BLOBS = trueBlobs('bushy').slice(0, 5)
const variables = typedCommands('docs/operations.md')
  .filter(({ section }) => section === 'A region is lost')
  .flatMap(({ words }) => [...words.matchAll(/(NICE_BLOBS_\w+)=(\S+)/g)])

describe('a region that is lost', () => {
  it('is read past from the replica, by the variables of docs/operations.md (I11)', async test => {
    const { base, environment, run, sandbox, volume } = await install(test)
    const replica = 'example-blobs-replica'
    const elsewhere = await startSandbox({
      directory: join(base, 'elsewhere'),
      bucket: replica,
      table: 'none',
    })
    test.after(() => elsewhere.close())
    assert.equal((await run('archive', volume, '-d', '--delay', '0s')).status, 0)

    Object.assign(process.env, environment, { PATH: process.env.PATH })
    const at = (name: string, { region, bucketEndpoint }: typeof sandbox) =>
      createS3Bucket({ name, region, endpoint: bucketEndpoint, pathStyle: true, checksums: 'server' })
    const [bucket, copies] = [at('some-bucket', sandbox), at(replica, elsewhere)]
    for (const blob of BLOBS) {
      const found = await bucket.get(blobKey('main', blob))
      assert.ok(found)
      const bytes = await readAll(found.body)
      await copies.put(blobKey('main', blob), factsOf(bytes), { open: () => bytes })
    }

    await sandbox.s3.close()
    const [first] = BLOBS
    assert.ok(first)
    const away = await run('get', formatRef(first), '--path')
    assert.equal(away.status, EXIT.unavailable)
    assert.doesNotMatch(away.err, /BLOB_MISSING/)
    for (const [, name = '', value = ''] of variables) environment[name] = value
    assert.equal(environment.NICE_BLOBS_BUCKET_NAME, replica)
    environment.NICE_BLOBS_BUCKET_ENDPOINT = elsewhere.bucketEndpoint
    environment.NICE_BLOBS_BUCKET_REGION = elsewhere.region
    for (const blob of BLOBS) {
      const { status, out, err } = await run('get', formatRef(blob), '--path')
      assert.deepEqual([status, hashFile(out.trim())], [0, blob.sha256], err)
    }
  })
})
