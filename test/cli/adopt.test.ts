import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { EXIT } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { type Form, predecessorKey } from '../../core/model/predecessor-key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { SANDBOX_CREDENTIALS } from '../../sandbox/s3/server.ts'
import { readAll } from '../contract/bucket-contract.ts'
import { refNumber } from '../flows/setting.ts'
import { install, type Ran } from './command.ts'

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

const FROM = 'predecessor'
const GIF = Buffer.from('GIF89a')
const BLOBS = [1, 2, 3].map(number => ({
  ref: refNumber(number),
  content: Buffer.concat([GIF, randomBytes(number * 1000)]),
}))

/** An installation, and beside its bucket one that a predecessor has filled. */
async function withPredecessor(test: TestContext, form: Form, prefix = '', customerKey?: string) {
  const installation = await install(test)
  const { region, bucketEndpoint: endpoint } = installation.sandbox
  const config = { name: 'some-bucket', region, endpoint, pathStyle: true, checksums: 'server' as const }
  const client = createS3Client(config)
  test.after(() => client.destroy())
  await client.send(new CreateBucketCommand({ Bucket: FROM }))
  const put = (Key: string, Body: Buffer | string, bucket = FROM) => {
    const key =
      customerKey === undefined ? {} : { SSECustomerAlgorithm: 'AES256', SSECustomerKey: customerKey }
    return client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...key }))
  }
  for (const { ref, content } of BLOBS) await put(predecessorKey({ form, prefix }, ref), content)
  const bucket = createS3Bucket(config, client)
  const adopt = (...words: string[]) => installation.run('adopt', '--from', FROM, '--form', form, ...words)
  const bytesOf = async (ref: Ref) => {
    const found = await bucket.get(blobKey('main', ref))
    return found && readAll(found.body)
  }
  return { ...installation, client, bucket, put, adopt, bytesOf }
}

const tallyOf = ({ events }: Ran) => {
  const { outcomes, failures } = events.at(-1) as { outcomes: object; failures?: object }
  const counts = Object.entries(outcomes as Record<string, { blobs: number }>)
  return { ...Object.fromEntries(counts.map(([name, { blobs }]) => [name, blobs])), ...failures }
}

describe('adopt', () => {
  for (const [form, prefix] of [
    ['collective.s3blobs', ''],
    ['zodb-s3blobs', ''],
    ['zodb-s3blobs', 'site/one/'],
  ] as const)
    it(`takes over a bucket of ${form}, ${prefix || 'without a prefix'} (I3, I8)`, async test => {
      const { adopt, bytesOf, bucket, run } = await withPredecessor(test, form, prefix)
      const words = prefix ? ['--prefix', prefix, '--json'] : ['--json']
      const dry = await adopt(...words, '--dry-run')
      assert.deepEqual([dry.status, tallyOf(dry)], [0, { 'would be adopted': 3 }], dry.err)
      assert.equal(await bytesOf(refNumber(1)), undefined)
      const ran = await adopt(...words)
      assert.deepEqual([ran.status, tallyOf(ran)], [0, { adopted: 3 }], ran.err)
      for (const { ref, content } of BLOBS) {
        assert.deepEqual(await bytesOf(ref), content)
        const stored = await bucket.head(blobKey('main', ref))
        assert.equal(stored?.sha256, createHash('sha256').update(content).digest('hex'))
        assert.deepEqual([stored?.contentType, stored?.vouched], ['image/gif', true])
      }
      const again = await adopt(...words)
      assert.deepEqual([again.status, tallyOf(again)], [0, { 'adopted before': 3 }])
      assert.equal((await run('check', '--deep')).status, 0)
    })

  it('reads what is encrypted with a customer key, which a file holds', async test => {
    const key = randomBytes(32).toString('base64')
    const { adopt, bytesOf, base } = await withPredecessor(test, 'zodb-s3blobs', '', key)
    const file = join(base, 'key')
    writeFileSync(file, `${key}\n`)
    const without = await adopt()
    assert.equal(without.status, EXIT.unavailable)
    assert.match(without.err, /--sse-customer-key/)
    const ran = await adopt('--sse-customer-key', file)
    assert.equal(ran.status, 0, ran.err)
    assert.match(ran.out, /^3 adopted \(/m)
    for (const { ref, content } of BLOBS) assert.deepEqual(await bytesOf(ref), content)
  })
})
