import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { itemKey } from '../../core/aws/dynamo-item.ts'
import { createDynamoReports } from '../../core/aws/dynamo-reports.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { createS3Versions } from '../../core/aws/s3-versions.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import { blobKey } from '../../core/model/key.ts'
import { DAY } from '../../core/model/quantity.ts'
import type { Ref } from '../../core/model/ref.ts'
import { SANDBOX_CREDENTIALS } from '../../sandbox/s3/server.ts'
import { type Installation, install } from './command.ts'

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

export const REPORT = '03d167f919308700-0123456789abcdef'

/** An installation whose blobs are archived, and other doors to its sandbox, through which they become garbage. */
export async function archived(test: TestContext) {
  const installation = await install(test)
  const { sandbox, run, volume } = installation
  assert.equal((await run('archive', volume)).status, 0)
  const config = {
    ...{ name: 'some-bucket', region: sandbox.region, endpoint: sandbox.bucketEndpoint },
    ...{ pathStyle: true, checksums: 'server' as const },
  }
  const s3 = createS3Client(config)
  const dynamo = createDynamoClient({ table: 'some-table', endpoint: sandbox.indexEndpoint }, config)
  test.after(() => {
    s3.destroy()
    dynamo.destroy()
  })
  const [bucket, versions] = [createS3Bucket(config, s3), createS3Versions(config, s3)]
  const index = createDynamoIndex('some-table', dynamo)
  const reports = createDynamoReports('some-table', dynamo)

  const rowOf = async (ref: Ref): Promise<BlobRow> => {
    const [row] = await index.find('main', [ref])
    assert.ok(row)
    return row
  }
  const setRow = async (ref: Ref, change: Partial<BlobRow>) => {
    const row = await rowOf(ref)
    assert.ok(await index.replace(row, { ...row, ...change }))
  }
  const condemn = (ref: Ref, condemnedAt = Date.now() - DAY, state: BlobRow['state'] = 'condemned') =>
    setRow(ref, { state, condemnedBy: REPORT, condemnedIn: '1', condemnedAt })
  /** `sweptAt` in milliseconds since 1970. */
  const sweep = async (ref: Ref, sweptAt = Date.now() - DAY) => {
    await condemn(ref, sweptAt - 14 * DAY, 'sweeping')
    await versions.mark(blobKey('main', ref))
    await setRow(ref, { state: 'swept', sweptAt })
  }
  const loseRow = (ref: Ref) =>
    dynamo.send(new DeleteItemCommand({ TableName: 'some-table', Key: itemKey('main', ref) }))
  return { ...installation, bucket, versions, index, reports, rowOf, condemn, sweep, loseRow }
}

/** From here on its configuration is the one that was deployed, which says how long garbage is kept and knows no other server than AWS. */
export function knowStack({ configFile, environment, sandbox }: Installation, garbage: object): void {
  const config = JSON.parse(readFileSync(configFile, 'utf8'))
  delete config.bucket.endpoint
  delete config.index.endpoint
  writeFileSync(configFile, JSON.stringify({ ...config, stack: { garbage } }))
  environment.AWS_ENDPOINT_URL_S3 = sandbox.bucketEndpoint
  environment.AWS_ENDPOINT_URL_DYNAMODB = sandbox.indexEndpoint
}
