import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, truncate, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { Bucket } from '../../sandbox/s3/bucket.ts'
import { utf8Order } from '../../sandbox/s3/key-order.ts'
import { assertRefused } from './s3-semantics.ts'
import { BUCKET, codeOf, send, signedHeaders, standIn, temporaryDirectory } from './stand-in.ts'

const a = { Bucket: BUCKET, Key: 'a' }
const path = `/${BUCKET}/a`
const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const put = (client: S3Client, Body: string) => client.send(new PutObjectCommand({ ...a, Body }))
const read = async (client: S3Client, VersionId?: string) =>
  (await client.send(new GetObjectCommand({ ...a, VersionId }))).Body?.transformToString()

/** What HTTP says of a range, in terms of the bytes themselves. */
function expectedRange(
  text: string,
  first: number | undefined,
  last: number | undefined,
): string | undefined {
  if (first === undefined && last === undefined) return text
  if (first !== undefined && last !== undefined && last < first) return text
  const wanted = [...text].filter((_, at) =>
    first === undefined ? at >= text.length - (last ?? 0) : at >= first && at <= (last ?? text.length),
  )
  return wanted.length === 0 ? undefined : wanted.join('')
}

test('answers every single range as HTTP has it', async t => {
  const { s3, client } = await standIn(t)
  const sizes = [0, 1, 2, 10]
  const textOf = (size: number) => 'abcdefghij'.slice(0, size)
  for (const size of sizes)
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `of-${size}`, Body: textOf(size) }))
  const edge = fc.option(fc.nat(12), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...sizes), edge, edge, async (size, first, last) => {
      const headers = { range: `bytes=${first ?? ''}-${last ?? ''}` }
      const answer = await send(s3.endpoint, { method: 'GET', path: `/${BUCKET}/of-${size}`, headers })
      const expected = expectedRange(textOf(size), first, last)
      if (expected === undefined) assert.deepEqual([answer.status, codeOf(answer)], [416, 'InvalidRange'])
      else assert.equal(answer.body, expected)
    }),
  )
})

/** Does as the steps say, and tells the versions as they should be listed: by key, the newest first. */
async function perform(client: S3Client, Bucket: string, steps: readonly { key: string; remove: boolean }[]) {
  await client.send(new CreateBucketCommand({ Bucket }))
  const listed: { key: string; remove: boolean; id: string | undefined }[] = []
  for (const { key, remove } of steps) {
    const at = { Bucket, Key: key }
    const command = remove
      ? client.send(new DeleteObjectCommand(at))
      : client.send(new PutObjectCommand({ ...at, Body: key }))
    listed.unshift({ key, remove, id: (await command).VersionId })
  }
  return listed.sort((a, b) => bytewise(a.key, b.key))
}

async function listAll(client: S3Client, common: { Bucket: string; Prefix: string; MaxKeys: number }) {
  const found = { keys: [] as unknown[], versions: [] as unknown[], markers: [] as unknown[] }
  for (let token: string | undefined, more = true; more; more = token !== undefined) {
    const page = await client.send(new ListObjectsV2Command({ ...common, ContinuationToken: token }))
    found.keys.push(...(page.Contents ?? []).map(({ Key }) => Key))
    token = page.NextContinuationToken
  }
  for (let marker = {}, more = true; more; ) {
    const page = await client.send(new ListObjectVersionsCommand({ ...common, ...marker }))
    found.versions.push(...(page.Versions ?? []).map(({ VersionId }) => VersionId))
    found.markers.push(...(page.DeleteMarkers ?? []).map(({ VersionId }) => VersionId))
    marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
    more = page.IsTruncated ?? false
  }
  return found
}

test('lists current objects and all versions, page by page, whatever was put and deleted', async t => {
  const { client } = await standIn(t)
  const unit = fc.constantFrom('a', 'b', '/', 'é', '\uffee', '\u{1f3d4}', '&')
  const key = fc.string({ unit, minLength: 1, maxLength: 4 })
  const steps = fc.array(fc.record({ key, remove: fc.boolean() }), { maxLength: 12 })
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.string({ unit, maxLength: 1 }),
      fc.integer({ min: 1, max: 5 }),
      async (wanted, Prefix, MaxKeys) => {
        const Bucket = `run-${++run}`
        const listed = (await perform(client, Bucket, wanted)).filter(({ key }) => key.startsWith(Prefix))
        const newest = listed.filter(({ key }, at) => listed[at - 1]?.key !== key)
        assert.deepEqual(await listAll(client, { Bucket, Prefix, MaxKeys }), {
          keys: newest.filter(({ remove }) => !remove).map(({ key }) => key),
          versions: listed.filter(({ remove }) => !remove).map(({ id }) => id),
          markers: listed.filter(({ remove }) => remove).map(({ id }) => id),
        })
      },
    ),
    { numRuns: 40 },
  )
})

test('orders keys as their UTF-8 bytes are ordered', () => {
  const text = fc.string({ unit: 'binary', maxLength: 3 })
  fc.assert(fc.property(text, text, (a, b) => Math.sign(utf8Order(a, b)) === bytewise(a, b)))
})

test('has its keys in order after each write', async () => {
  const bucket = new Bucket(await temporaryDirectory(), 'many')
  for (let number = 0; number < 300; number++) {
    bucket.add(`blobs/main/${((number * 7919) % 10_000).toString(16).padStart(16, '0')}`)
    if (number % 10 === 0) assert.deepEqual(bucket.keys, [...bucket.keys].sort(utf8Order))
  }
  assert.equal(bucket.keys.length, 300)
})

test('keeps what belongs to a key within its directory, whatever the key', async t => {
  const { s3, client } = await standIn(t)
  for (const Key of ['../../x', '/', './.', '%2e%2e', 'line\nfeed']) {
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }))
    assert.match(s3.objectFile(BUCKET, Key) ?? '', /\/buckets\/photos\/versions\/\d+\.bytes$/)
  }
  const { VersionId } = await put(client, 'first')
  await put(client, 'second')
  assert.notEqual(s3.objectFile(BUCKET, 'a'), s3.objectFile(BUCKET, 'a', VersionId))
  assert.equal(s3.objectFile(BUCKET, 'none'), undefined)
  assert.equal(s3.objectFile('nowhere', 'a'), undefined)
})

for (const size of [1000, 2 ** 21]) {
  test(`stores nothing of a body of ${size} bytes that ends too early`, async t => {
    const directory = await temporaryDirectory()
    const { s3 } = await standIn(t, { directory })
    const { host, hostname, port } = new URL(s3.endpoint)
    const length = { 'content-length': String(size) }
    const raw = { method: 'PUT', path, headers: length, payloadHash: 'UNSIGNED-PAYLOAD' }
    const head = Object.entries(signedHeaders(host, raw)).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = connect(Number(port), hostname)
    socket.write(`PUT ${path} HTTP/1.1\r\n${head.join('')}\r\nhello`)
    while (s3.requestCount('PutObject') === 0) await delay(5)
    await delay(50)
    socket.destroy()
    await once(socket, 'close')
    await delay(50)
    assert.equal(s3.objectFile(BUCKET, 'a'), undefined)
    assert.deepEqual(await readdir(join(directory, 'incoming')), [])
    assert.deepEqual(await readdir(join(directory, 'buckets', BUCKET, 'versions')), [])
  })
}

test('serves after a restart what was there before it, and clears away what was not whole', async t => {
  const directory = await temporaryDirectory()
  const before = await standIn(t, { directory })
  const { VersionId } = await put(before.client, 'first')
  await put(before.client, 'second')
  await before.client.send(new DeleteObjectCommand(a))
  const { UploadId } = await before.client.send(new CreateMultipartUploadCommand(a))
  const part = { ...a, UploadId, PartNumber: 1, Body: 'a part' }
  const { ETag, ChecksumCRC32 } = await before.client.send(new UploadPartCommand(part))
  const listing = new ListObjectVersionsCommand({ Bucket: BUCKET })
  const { Versions, DeleteMarkers } = await before.client.send(listing)
  const versions = dirname(before.s3.objectFile(BUCKET, 'a', VersionId) ?? '')
  await before.s3.close()
  const files = await readdir(versions)
  await writeFile(join(versions, '99.bytes'), 'bytes without a record')
  await writeFile(join(versions, '99.json.new'), '{"key":"a","versi')
  await writeFile(join(directory, 'incoming', 'half'), 'half a bo')

  const { client } = await standIn(t, { directory })
  assert.deepEqual(await readdir(versions), files)
  assert.deepEqual(await readdir(join(directory, 'incoming')), [])
  const again = await client.send(listing)
  assert.deepEqual([again.Versions, again.DeleteMarkers], [Versions, DeleteMarkers])
  assert.equal(await read(client, VersionId), 'first')
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] }
  await client.send(new CompleteMultipartUploadCommand({ ...a, UploadId, MultipartUpload }))
  assert.equal(await read(client), 'a part')
})

test('serves bytes that were flipped on the disk, and fails when they are fewer', async t => {
  const { s3, client } = await standIn(t)
  await put(client, 'hello')
  const file = s3.objectFile(BUCKET, 'a') ?? ''
  await writeFile(file, 'jello')
  assert.equal((await send(s3.endpoint, { method: 'GET', path })).body, 'jello')
  await truncate(file, 4)
  await assertRefused(client.send(new GetObjectCommand(a)), 'InternalError', 500)
})

test('goes on sending a version that is removed meanwhile', async t => {
  const { client } = await standIn(t)
  const { VersionId } = await put(client, 'long'.repeat(1_000_000))
  const got = await client.send(new GetObjectCommand(a))
  await client.send(new DeleteObjectCommand({ ...a, VersionId }))
  assert.equal((await got.Body?.transformToByteArray())?.length, 4_000_000)
})

test('overwrites and deletes really without versioning, until that is enabled', async t => {
  const { s3, client } = await standIn(t, { versioned: false })
  const first = await put(client, 'first')
  assert.equal(first.VersionId, undefined)
  const files = () => readdir(dirname(s3.objectFile(BUCKET, 'a') ?? ''))
  await put(client, 'second')
  assert.equal((await files()).length, 2)
  await client.send(new DeleteObjectCommand(a))
  await assertRefused(client.send(new GetObjectCommand(a)), 'NoSuchKey', 404)
  await put(client, 'third')
  const VersioningConfiguration = { Status: 'Enabled' } as const
  await client.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }))
  await put(client, 'fourth')
  assert.equal(await read(client, 'null'), 'third')
  const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket: BUCKET, MaxKeys: 2 }))
  assert.equal(Versions?.[1]?.VersionId, 'null')
})

test('lets nobody without a signature choose what is said of an object', async t => {
  const { s3, client } = await standIn(t)
  await put(client, 'hello')
  const ask = (query: string, signed: boolean) =>
    send(s3.endpoint, { method: 'GET', path: `${path}?${query}`, signed })
  const chosen = 'response-content-disposition=inline'
  const refused = await ask(chosen, false)
  assert.deepEqual([refused.status, codeOf(refused)], [400, 'InvalidRequest'])
  assert.equal((await ask(chosen, true)).headers['content-disposition'], 'inline')
  assert.equal(codeOf(await ask(`${chosen}%0D%0Ax`, true)), 'InvalidArgument')
  assert.equal(codeOf(await ask('', false)), 'AccessDenied')
})

test('chooses nothing but what S3 lets a reader choose, and for a reader only', async t => {
  const { s3 } = await standIn(t)
  for (const [method, query] of [
    ['GET', 'response-set-cookie=a'],
    ['GET', 'response-content-length=1'],
    ['PUT', 'response-content-disposition=inline'],
    ['DELETE', 'response-content-disposition=inline'],
  ] as const) {
    const answer = await send(s3.endpoint, { method, path: `${path}?${query}` })
    assert.equal(codeOf(answer), 'NotImplemented')
  }
})

test('deletes with If-Match only the object that is meant', async t => {
  const { client } = await standIn(t)
  const remove = (IfMatch: string) => client.send(new DeleteObjectCommand({ ...a, IfMatch }))
  await assertRefused(remove('*'), 'NoSuchKey', 404)
  const { ETag = '' } = await put(client, 'first')
  await assertRefused(remove('"another"'), 'PreconditionFailed', 412)
  assert.equal(await read(client), 'first')
  assert.equal((await remove(ETag)).DeleteMarker, true)
  await assertRefused(remove(ETag), 'NoSuchKey', 404)
  const { Versions, DeleteMarkers } = await client.send(new ListObjectVersionsCommand({ Bucket: BUCKET }))
  assert.deepEqual([Versions?.length, DeleteMarkers?.length], [1, 1])
})

test('refuses what it does not know, rather than overlook it', async t => {
  const { s3, client } = await standIn(t)
  const codes = async (raw: { method: string; path: string; headers?: Record<string, string> }) =>
    codeOf(await send(s3.endpoint, raw))
  assert.equal(await codes({ method: 'GET', path: `${path}?acl=` }), 'NotImplemented')
  assert.equal(await codes({ method: 'GET', path: `/${BUCKET}` }), 'NotImplemented')
  assert.equal(await codes({ method: 'GET', path: `/${BUCKET}?list-type=2&max-keys=few` }), 'InvalidArgument')
  const headers = { 'x-amz-checksum-sha1': 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' }
  assert.equal(await codes({ method: 'PUT', path, headers }), 'NotImplemented')
  const chunked = { method: 'PUT', path, payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }
  assert.equal((await send(s3.endpoint, chunked)).status, 501)
  const long = new PutObjectCommand({ Bucket: BUCKET, Key: 'é'.repeat(513), Body: 'x' })
  await assertRefused(client.send(long), 'KeyTooLongError', 400)
  const odd = new CreateBucketCommand({ Bucket: 'No_Bucket' })
  await assertRefused(client.send(odd), 'InvalidBucketName', 400)
})

test('counts the requests, and sends no body with the error of a HEAD', async t => {
  const { s3, client } = await standIn(t)
  await put(client, 'hello')
  await client.send(new HeadObjectCommand(a))
  const missing = await send(s3.endpoint, { method: 'HEAD', path: `/${BUCKET}/none` })
  assert.deepEqual([missing.status, missing.body], [404, ''])
  assert.deepEqual([s3.requestCount('HeadObject'), s3.requestCount()], [2, 3])
  await s3.close()
})
