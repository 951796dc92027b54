import { after } from 'node:test'
import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Beginnings } from '../../core/aws/s3-beginning.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { createS3Versions } from '../../core/aws/s3-versions.ts'
import { createSecret, createSecretsClient } from '../../core/aws/secret.ts'
import { tableDefinition } from '../../sandbox/index-table.ts'
import { describeBeginningsContract } from '../contract/beginnings-contract.ts'
import { describeBucketContract, type Limits } from '../contract/bucket-contract.ts'
import { type CopiesLimits, describeCopiesContract } from '../contract/copies-contract.ts'
import { describeFleetContract } from '../contract/fleet-contract.ts'
import { describeIndexContract } from '../contract/index-contract.ts'
import { describePredecessorContract, type PredecessorLimits } from '../contract/predecessor-contract.ts'
import { startPredecessor, WAYS } from '../contract/predecessor-on-server.ts'
import { describeSecretContract } from '../contract/secret-contract.ts'
import { describeVersionsContract, type VersionLimits } from '../contract/versions-contract.ts'
import { describeS3Semantics, type Limits as SemanticsLimits } from '../sandbox/s3-semantics.ts'
import { type ForeignServer, startMiniStack, startServer } from './server.ts'

process.env.AWS_ACCESS_KEY_ID = 'test'
process.env.AWS_SECRET_ACCESS_KEY = 'test'

/** The contracts before servers that other people wrote; what each cannot do is listed with the reason. */
const SERVERS: {
  name: string
  start(): Promise<ForeignServer>
  limits: Limits & VersionLimits & CopiesLimits & PredecessorLimits
  lacks: SemanticsLimits
}[] = [
  {
    name: 'MiniStack 1.5.33',
    start: startMiniStack,
    limits: {
      copiesOntoObjects: 'MiniStack 1.5.33 copies onto a key that exists, whatever If-None-Match says',
    },
    lacks: {
      'conditional copies': 'MiniStack 1.5.33 copies onto a key that exists, whatever If-None-Match says',
      'header values': 'MiniStack 1.5.33 sends what no header can hold',
      'unknown versions': 'MiniStack 1.5.33 answers NoSuchVersion to a version id of any form',
      'marked sources': 'MiniStack 1.5.33 answers NoSuchVersion to a marker as the source of a copy',
      'part order': 'MiniStack 1.5.33 joins parts in any order',
      'part sizes': 'MiniStack 1.5.33 takes small parts anywhere',
      'whole checksums of copies': 'MiniStack 1.5.33 copies the ETag of an object in parts as it is',
    },
  },
  {
    name: 'moto 5.2.5',
    start: () => startServer('moto_server', port => ['-H', '127.0.0.1', '-p', port]),
    limits: {
      acceptsWrongBytes: 'moto 5.2.5 stores checksum headers without comparing them',
      copiesOntoObjects: 'moto 5.2.5 copies onto a key that exists, whatever If-None-Match says',
      copiesAnyState: 'moto 5.2.5 copies whatever x-amz-copy-source-if-match says',
    },
    lacks: {
      'header values': 'moto 5.2.5 leaves a question for such a header without an answer',
      'conditions combined': 'moto 5.2.5 goes by the date even where the ETag is the one',
      'conditional copies': 'moto 5.2.5 copies onto a key that exists, whatever If-None-Match says',
      'simultaneous writes': 'moto 5.2.5 lets two in when they come close together',
      'marker headers': 'moto 5.2.5 does not name the delete marker with its 404',
      'markers on nothing': 'moto 5.2.5 places no delete marker where there is no key',
      'markers by version': 'moto 5.2.5 answers NoSuchKey to a delete marker by its version',
      'unknown versions': 'moto 5.2.5 answers NoSuchVersion to a version id of any form',
      'checksums kept': 'moto 5.2.5 does not tell the type of a checksum',
      'checksums compared': 'moto 5.2.5 stores checksum headers without comparing them',
      'Content-MD5 compared': 'moto 5.2.5 does not compare Content-MD5',
      'part checksums compared': 'moto 5.2.5 does not compare the checksums of parts',
      'composite checksums': 'moto 5.2.5 leaves the number of parts off a composite checksum',
      'marked sources': 'moto 5.2.5 answers NoSuchKey to a marker as the source of a copy',
      'conditional sources': 'moto 5.2.5 copies whatever x-amz-copy-source-if-match says',
      'customer keys': 'moto 5.2.5 asks for no customer key when it is read',
      'ended uploads': 'moto 5.2.5 fails with status 500 when an aborted upload is to be completed',
      'part order': 'moto 5.2.5 joins parts in any order',
      'whole checksums of copies': 'moto 5.2.5 copies the composite checksum of an object in parts',
    },
  },
]

for (const { name, start, limits, lacks } of SERVERS) {
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

  const mark = async (key: string) => {
    await client.send(new DeleteObjectCommand({ Bucket: config.name, Key: key }))
  }

  describeBucketContract(`S3 adapter on ${name}`, async () => ({
    bucket: createS3Bucket(config, client),
    mark,
    limits,
  }))
  describeBeginningsContract(`S3 adapter on ${name}`, async () => ({
    bucket: createS3Bucket(config, client),
    beginnings: createS3Beginnings(config, client),
    mark,
  }))
  describeVersionsContract(`S3 adapter on ${name}`, async () => ({
    bucket: createS3Bucket(config, client),
    versions: createS3Versions(config, client),
    limits,
  }))
  const from = await startPredecessor({ ...config, name: 'predecessor' })
  after(() => from.close())
  describePredecessorContract(`S3 adapter on ${name}`, async () => ({ ...from, limits }))
  for (const [way, connect] of WAYS)
    describeCopiesContract(`S3 adapter on ${name}, ${way}`, async () => {
      const bucket = createS3Bucket(config, client)
      // Through the host they are uploads, of which the server compares more.
      const known = way === 'by the server' ? limits : {}
      return { ...from, bucket, copies: connect(config, from, bucket), mark, limits: known }
    })
  // As the SDK comes, with the checksums that it sends and compares of its own accord.
  const plain = new S3Client({ ...config, forcePathStyle: true, maxAttempts: 1 })
  describeS3Semantics(name, async () => ({ client: plain, bucket: config.name }), lacks)
  describeIndexContract(`DynamoDB adapter on ${name}`, async () => createDynamoIndex('contract', dynamo))
  describeFleetContract(`DynamoDB adapter on ${name}`, async () => createDynamoFleet('contract', dynamo))

  const place = { bucket: config, secrets: { endpoint: server.endpoint } }
  const secrets = createSecretsClient(place)
  describeSecretContract(`Secrets Manager adapter on ${name}`, async () => ({
    create: async name => {
      await secrets.send(new CreateSecretCommand({ Name: name }))
    },
    open: name => createSecret(name, place, secrets),
  }))
}
