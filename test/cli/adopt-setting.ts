import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { blobKey } from '../../core/model/key.ts'
import { type Form, predecessorKey } from '../../core/model/predecessor-key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { SANDBOX_CREDENTIALS, startS3 } from '../../sandbox/s3/server.ts'
import { readAll } from '../contract/bucket-contract.ts'
import { refNumber } from '../flows/setting.ts'
import { install, type Ran } from './command.ts'

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

export const FROM = 'predecessor'

const GIF = Buffer.from('GIF89a')
export const BLOBS = [1, 2, 3].map(number => ({
  ref: refNumber(number),
  content: Buffer.concat([GIF, randomBytes(number * 1000)]),
}))

/** What no adoption may ask of a predecessor's bucket. */
const READING = ['GetObject', 'ListObjectsV2']

interface Settings {
  form?: Form
  prefix?: string
  customerKey?: string
  /** On a server of its own. */
  elsewhere?: boolean
}

/** An installation, and a bucket that a predecessor has filled, which its own application alone may change. */
export async function withPredecessor(test: TestContext, settings: Settings = {}) {
  const { form = 'zodb-s3blobs', prefix = '', customerKey, elsewhere = false } = settings
  const installation = await install(test)
  const { region, bucketEndpoint: endpoint } = installation.sandbox
  const ours = { name: 'some-bucket', region, endpoint, pathStyle: true, checksums: 'server' as const }
  const other = elsewhere ? await startElsewhere(test, join(installation.base, 'elsewhere')) : undefined
  const client = createS3Client(ours)
  const application = createS3Client({ ...ours, ...(other && { endpoint: other.s3.endpoint }) })
  const dynamo = createDynamoClient(
    { table: 'some-table', endpoint: installation.sandbox.indexEndpoint },
    ours,
  )
  test.after(() => {
    for (const each of [client, application, dynamo]) each.destroy()
  })
  /** As the application, whom its server lets write. */
  const write = async (command: CreateBucketCommand | PutObjectCommand) => {
    if (other) other.application.writes = true
    await application.send(command as PutObjectCommand)
    if (other) other.application.writes = false
  }
  await write(new CreateBucketCommand({ Bucket: FROM }))
  const key = customerKey && { SSECustomerAlgorithm: 'AES256', SSECustomerKey: customerKey }
  const put = (Key: string, Body: Buffer | string) =>
    write(new PutObjectCommand({ Bucket: FROM, Key, Body, ...key }))
  const plant = (ref: Ref, content: Buffer | string) => put(predecessorKey({ form, prefix }, ref), content)
  for (const { ref, content } of BLOBS) await plant(ref, content)

  const bucket = createS3Bucket(ours, client)
  const index = createDynamoIndex('some-table', dynamo)
  const at = other ? ['--from-endpoint', other.s3.endpoint] : []
  const words = ['adopt', '--from', FROM, '--form', form, ...(prefix ? ['--prefix', prefix] : []), ...at]
  const bytesOf = async (ref: Ref) => {
    const found = await bucket.get(blobKey('main', ref))
    return found && readAll(found.body)
  }
  const adopt = (...more: string[]) => installation.run(...words, ...more)
  return { ...installation, bucket, index, put, plant, words, adopt, bytesOf, other }
}

/** Another server, which lets nobody but the application change anything. */
async function startElsewhere(test: TestContext, directory: string) {
  const application = { writes: false }
  const watch = { onRead: () => {} }
  const s3 = await startS3({
    directory,
    deny: ({ action }) => {
      if (action === 'GetObject') watch.onRead()
      return !application.writes && !READING.includes(action)
    },
  })
  test.after(() => s3.close())
  return { s3, application, watch }
}

export function tallyOf({ events }: Ran): Record<string, number> {
  const { outcomes, failures } = events.at(-1) as { outcomes: object; failures?: object }
  const counts = Object.entries(outcomes as Record<string, { blobs: number }>)
  return { ...Object.fromEntries(counts.map(([name, { blobs }]) => [name, blobs])), ...failures }
}
