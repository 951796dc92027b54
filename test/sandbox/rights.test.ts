import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { assertRefused } from './s3-semantics.ts'
import { BUCKET, clientOf, codeOf, send, signedHeaders, standIn } from './stand-in.ts'

const a = { Bucket: BUCKET, Key: 'a' }
const path = `/${BUCKET}/a`

test('refuses an unknown access key, a wrong secret and a request without a signature', async t => {
  const { s3 } = await standIn(t)
  const by = (accessKeyId: string, secretAccessKey: string) =>
    clientOf(s3.endpoint, 'us-east-1', { accessKeyId, secretAccessKey }).send(new GetObjectCommand(a))
  await assertRefused(by('stranger', 'sandbox-secret'), 'InvalidAccessKeyId', 403)
  await assertRefused(by('sandbox', 'guessed'), 'SignatureDoesNotMatch', 403)
  const anonymous = await send(s3.endpoint, { method: 'GET', path, signed: false })
  assert.deepEqual([anonymous.status, codeOf(anonymous)], [403, 'AccessDenied'])
})

test('names the region when it is another', async t => {
  const { s3, client } = await standIn(t, { region: 'eu-central-1' })
  const answer = await send(s3.endpoint, { method: 'GET', path })
  assert.deepEqual([answer.status, codeOf(answer)], [400, 'AuthorizationHeaderMalformed'])
  assert.equal(answer.headers['x-amz-bucket-region'], 'eu-central-1')
  await assertRefused(client.send(new GetObjectCommand(a)), 'NoSuchKey', 404)
})

test('notices what was changed after it was signed', async t => {
  const { s3 } = await standIn(t)
  const { host } = new URL(s3.endpoint)
  const changed = async (change: { method?: string; path?: string; headers?: Record<string, string> }) => {
    const headers = signedHeaders(host, { method: 'PUT', path, headers: { 'x-amz-meta-a': 'b' } })
    const raw = { method: 'PUT', path, ...change, headers: { ...headers, ...change.headers }, signed: false }
    return codeOf(await send(s3.endpoint, raw))
  }
  assert.equal(await changed({}), undefined)
  assert.equal(await changed({ path: `${path}b` }), 'SignatureDoesNotMatch')
  assert.equal(await changed({ method: 'DELETE' }), 'SignatureDoesNotMatch')
  assert.equal(await changed({ headers: { 'x-amz-meta-a': 'c' } }), 'SignatureDoesNotMatch')
  assert.equal(await changed({ headers: { 'x-amz-date': '20200101T000000Z' } }), 'SignatureDoesNotMatch')
  assert.equal(await changed({ headers: { 'x-amz-date': 'yesterday' } }), 'AccessDenied')
  assert.equal(await changed({ headers: { 'x-amz-meta-b': 'c' } }), 'AccessDenied')
  assert.equal(await changed({ headers: { authorization: 'Basic abc' } }), 'AuthorizationHeaderMalformed')
})

test('holds the signed hash against the body', async t => {
  const { s3 } = await standIn(t)
  const payloadHash = '0'.repeat(64)
  const answer = await send(s3.endpoint, { method: 'PUT', path, body: 'hello', payloadHash })
  assert.equal(codeOf(answer), 'XAmzContentSHA256Mismatch')
  assert.equal(s3.objectFile(BUCKET, 'a'), undefined)
})

test('denies what the test denies', async t => {
  const { client } = await standIn(t, { deny: ({ action, key }) => action === 'GetObject' && key === 'a' })
  await client.send(new PutObjectCommand({ ...a, Body: 'x' }))
  await client.send(new HeadObjectCommand(a))
  await assertRefused(client.send(new GetObjectCommand(a)), 'AccessDenied', 403)
  const copy = new CopyObjectCommand({ Bucket: BUCKET, Key: 'b', CopySource: `${BUCKET}/a` })
  await assertRefused(client.send(copy), 'AccessDenied', 403)
})

test('does not tell what is missing to those who may not list', async t => {
  const { client } = await standIn(t, { deny: ({ action }) => action === 'ListObjectsV2' })
  await assertRefused(client.send(new GetObjectCommand(a)), 'AccessDenied', 403)
  await assertRefused(client.send(new HeadObjectCommand(a)), 'Unknown', 403)
  await client.send(new PutObjectCommand({ ...a, Body: 'x' }))
  await client.send(new HeadObjectCommand(a))
})
