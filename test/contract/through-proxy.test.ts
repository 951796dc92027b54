import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { createS3Versions } from '../../core/aws/s3-versions.ts'
import { bySchedule } from '../../sandbox/fault-proxy/choose.ts'
import { startFaultProxy } from '../../sandbox/fault-proxy/proxy.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { describeBucketContract } from './bucket-contract.ts'
import { describeIndexContract } from './index-contract.ts'
import { describeVersionsContract } from './versions-contract.ts'

/** A proxy that makes no faults cannot be told from the server behind it. */

const directory = mkdtempSync(join(tmpdir(), 'nice-blobs-contract-'))
const sandbox = await startSandbox({ directory, bucket: 'contract', table: 'contract' })
process.env.AWS_ACCESS_KEY_ID = sandbox.credentials.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = sandbox.credentials.secretAccessKey
const noFaults = bySchedule([])
const beforeBucket = await startFaultProxy({ target: sandbox.bucketEndpoint, choose: noFaults })
const beforeIndex = await startFaultProxy({ target: sandbox.indexEndpoint, choose: noFaults })
after(async () => {
  await Promise.all([beforeBucket.close(), beforeIndex.close()])
  await sandbox.close()
  rmSync(directory, { recursive: true, force: true })
  assert.ok(beforeBucket.exchanges() > 30 && beforeIndex.exchanges() > 300, 'the tests went past the proxy')
})

const config = {
  name: 'contract',
  region: sandbox.region,
  endpoint: beforeBucket.endpoint,
  pathStyle: true,
  checksums: 'server' as const,
}

describeBucketContract('S3 adapter on the stand-in, through the fault proxy', async () => {
  const client = createS3Client(config)
  return {
    bucket: createS3Bucket(config, client),
    mark: async key => {
      await client.send(new DeleteObjectCommand({ Bucket: config.name, Key: key }))
    },
  }
})

describeVersionsContract('S3 adapter on the stand-in, through the fault proxy', async () => {
  const client = createS3Client(config)
  return { bucket: createS3Bucket(config, client), versions: createS3Versions(config, client) }
})

describeIndexContract('DynamoDB adapter on dynalite, through the fault proxy', async () => {
  const index = { table: 'contract', endpoint: beforeIndex.endpoint }
  return createDynamoIndex('contract', createDynamoClient(index, config))
})
