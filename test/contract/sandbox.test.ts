import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createDynamoReports } from '../../core/aws/dynamo-reports.ts'
import { createS3Beginnings } from '../../core/aws/s3-beginning.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { createS3Versions } from '../../core/aws/s3-versions.ts'
import { createSecret } from '../../core/aws/secret.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { describeBeginningsContract } from './beginnings-contract.ts'
import { describeBucketContract } from './bucket-contract.ts'
import { describeCopiesContract } from './copies-contract.ts'
import { describeFleetContract } from './fleet-contract.ts'
import { describeIndexContract } from './index-contract.ts'
import { describePredecessorContract } from './predecessor-contract.ts'
import { startPredecessor, WAYS } from './predecessor-on-server.ts'
import { describeReportsContract } from './reports-contract.ts'
import { describeSecretContract } from './secret-contract.ts'
import { describeVersionsContract } from './versions-contract.ts'

const directory = mkdtempSync(join(tmpdir(), 'nice-blobs-contract-'))
const sandbox = await startSandbox({ directory, bucket: 'contract', table: 'contract' })
process.env.AWS_ACCESS_KEY_ID = sandbox.credentials.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = sandbox.credentials.secretAccessKey
after(async () => {
  await sandbox.close()
  rmSync(directory, { recursive: true, force: true })
})

const s3 = { name: 'contract', region: sandbox.region, endpoint: sandbox.bucketEndpoint, pathStyle: true }

for (const checksums of ['server', 'read-back'] as const) {
  describeBucketContract(`S3 adapter on the stand-in, checksums ${checksums}`, async () => {
    const config = { ...s3, checksums }
    const client = createS3Client(config)
    return {
      bucket: createS3Bucket(config, client),
      mark: async key => {
        await client.send(new DeleteObjectCommand({ Bucket: config.name, Key: key }))
      },
    }
  })

  describeVersionsContract(`S3 adapter on the stand-in, checksums ${checksums}`, async () => {
    const config = { ...s3, checksums }
    const client = createS3Client(config)
    return { bucket: createS3Bucket(config, client), versions: createS3Versions(config, client) }
  })
}

describeBeginningsContract('S3 adapter on the stand-in', async () => {
  const config = { ...s3, checksums: 'server' as const }
  const client = createS3Client(config)
  return {
    bucket: createS3Bucket(config, client),
    beginnings: createS3Beginnings(config, client),
    mark: async key => {
      await client.send(new DeleteObjectCommand({ Bucket: config.name, Key: key }))
    },
  }
})

const from = await startPredecessor({ ...s3, checksums: 'server', name: 'predecessor' })
after(() => from.close())

describePredecessorContract('S3 adapter on the stand-in', async () => from)

for (const checksums of ['server', 'read-back'] as const)
  for (const [way, connect] of WAYS)
    describeCopiesContract(`S3 adapter on the stand-in, ${way}, checksums ${checksums}`, async () => {
      const config = { ...s3, checksums }
      const client = createS3Client(config)
      const bucket = createS3Bucket(config, client)
      const mark = async (key: string) => {
        await client.send(new DeleteObjectCommand({ Bucket: config.name, Key: key }))
      }
      return { ...from, bucket, copies: connect(config, from, bucket), mark }
    })

const index = { table: 'contract', endpoint: sandbox.indexEndpoint }
const dynamo = createDynamoClient(index, s3)
describeIndexContract('DynamoDB adapter on dynalite', async () => createDynamoIndex('contract', dynamo))
describeFleetContract('DynamoDB adapter on dynalite', async () => createDynamoFleet('contract', dynamo))
describeReportsContract('DynamoDB adapter on dynalite', async () => createDynamoReports('contract', dynamo))

describeSecretContract('Secrets Manager adapter on the stand-in', async () => {
  const place = {
    bucket: { ...s3, checksums: 'server' as const },
    secrets: { endpoint: sandbox.secretsEndpoint },
  }
  return {
    create: async name => sandbox.secrets.create(name),
    open: name => createSecret(name, place),
  }
})
