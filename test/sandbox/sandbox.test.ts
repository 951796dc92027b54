import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { type TestContext, test } from 'node:test'
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { clientOf, temporaryDirectory } from './stand-in.ts'

const MAIN = join(import.meta.dirname, '../../sandbox/main.ts')

async function startMain(t: TestContext, directory: string) {
  const child = spawn(process.execPath, [MAIN, '--directory', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [line] = await once(createInterface(child.stdout), 'line')
  return { child, started: JSON.parse(line) }
}

test('brings up bucket and index together', async t => {
  const directory = await temporaryDirectory()
  const sandbox = await startSandbox({ directory, bucket: 'photos', table: 'index' })
  const { region, credentials } = sandbox
  const s3 = clientOf(sandbox.bucketEndpoint, region, credentials)
  const index = new DynamoDBClient({ endpoint: sandbox.indexEndpoint, region, credentials })
  t.after(async () => {
    s3.destroy()
    index.destroy()
    await sandbox.close()
  })
  await s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a', Body: 'hello' }))
  assert.equal(sandbox.s3.requestCount('PutObject'), 1)
  const { Table } = await index.send(new DescribeTableCommand({ TableName: 'index' }))
  assert.equal(Table?.TableStatus, 'ACTIVE')
})

test('runs until it is told to stop, and goes on from there when it is started again', async t => {
  const directory = await temporaryDirectory()
  const first = await startMain(t, directory)
  const { bucketEndpoint, region, credentials, bucket } = first.started
  const put = new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'hello' })
  await clientOf(bucketEndpoint, region, credentials).send(put)
  first.child.kill('SIGTERM')
  assert.deepEqual(await once(first.child, 'exit'), [0, null])

  const second = await startMain(t, directory)
  const got = await clientOf(second.started.bucketEndpoint, region, credentials).send(
    new GetObjectCommand({ Bucket: bucket, Key: 'a' }),
  )
  assert.equal(await got.Body?.transformToString(), 'hello')
})

test('stores whole objects or none when it is killed in the middle of writing', async t => {
  const directory = await temporaryDirectory()
  const { child, started } = await startMain(t, directory)
  const { bucketEndpoint, region, credentials, bucket } = started
  const client = clientOf(bucketEndpoint, region, credentials)
  const bodyOf = (number: number) => Buffer.alloc(200_000, `${number} `)
  const puts = Array.from({ length: 40 }, (_, number) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key: `${number}`, Body: bodyOf(number) })),
  )
  await Promise.any(puts)
  child.kill('SIGKILL')
  const results = await Promise.allSettled(puts)

  const again = await startMain(t, directory)
  const reader = clientOf(again.started.bucketEndpoint, region, credentials)
  for (const [number, { status }] of results.entries()) {
    const got = await reader
      .send(new GetObjectCommand({ Bucket: bucket, Key: `${number}` }))
      .catch(() => undefined)
    if (status === 'fulfilled') assert.ok(got, `the object ${number} was confirmed, and is lost`)
    if (got) assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), bodyOf(number))
  }
})
