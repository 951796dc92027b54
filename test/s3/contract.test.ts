import { after } from 'node:test'
import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, DeleteObjectCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { tableDefinition } from '../../sandbox/index-table.ts'
import { describeBucketContract, type Limits } from '../contract/bucket-contract.ts'
import { describeIndexContract } from '../contract/index-contract.ts'
import { type ForeignServer, startServer } from './server.ts'

process.env.AWS_ACCESS_KEY_ID = 'test'
process.env.AWS_SECRET_ACCESS_KEY = 'test'

/** The contracts before servers that other people wrote; what each cannot do is listed with the reason. */
const SERVERS: { name: string; start(): Promise<ForeignServer>; limits: Limits }[] = [
  {
    name: 'MiniStack 1.5.33',
    start: () =>
      startServer(
        'ministack',
        () => [],
        port => ({
          BIND_HOST: '127.0.0.1',
          GATEWAY_PORT: port,
          MINISTACK_HOST: '127.0.0.1',
          IOT_MTLS_ENABLED: '0',
          SFTP_ENABLED: '0',
        }),
      ),
    limits: {},
  },
  {
    name: 'moto 5.2.5',
    start: () => startServer('moto_server', port => ['-H', '127.0.0.1', '-p', port]),
    limits: { acceptsWrongBytes: 'moto 5.2.5 stores checksum headers without comparing them' },
  },
]

for (const { name, start, limits } of SERVERS) {
  const server = await start()
  after(() => server.stop())
  const config = {
    name: 'contract',
    region: 'us-east-1',
    endpoint: server.endpoint,
    pathStyle: true,
    checksums: 'server' as const,
  }
  const client = createS3Client(config)
  await client.send(new CreateBucketCommand({ Bucket: config.name }))
  const versioning = { Status: 'Enabled' as const }
  await client.send(
    new PutBucketVersioningCommand({ Bucket: config.name, VersioningConfiguration: versioning }),
  )
  const dynamo = createDynamoClient({ table: 'contract', endpoint: server.endpoint }, config)
  await dynamo.send(new CreateTableCommand(tableDefinition('contract')))

  describeBucketContract(`S3 adapter on ${name}`, async () => ({
    bucket: createS3Bucket(config, client),
    mark: async key => {
      await client.send(new DeleteObjectCommand({ Bucket: config.name, Key: key }))
    },
    limits,
  }))
  describeIndexContract(`DynamoDB adapter on ${name}`, async () => createDynamoIndex('contract', dynamo))
}
