import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DISPOSITION, edgeSetting, get, KEY, PATH, RSA, signCanned } from './edge-setting.ts'

const BYTES = Buffer.from('%PDF-1.7 hello')

test('answers a signed URL with the bytes, their type, the disposition that was signed, and the headers of the policy', async t => {
  const { edge, put } = await edgeSetting(t)
  await put(KEY, BYTES, { ContentType: 'application/pdf' })
  const got = await get(signCanned(`${edge.url}${PATH}?${DISPOSITION}`))
  assert.equal(got.status, 200)
  assert.deepEqual(got.body, BYTES)
  assert.equal(got.headers['content-type'], 'application/pdf')
  assert.equal(got.headers['content-disposition'], 'attachment; filename="a.pdf"')
  assert.equal(got.headers['cache-control'], 'private, max-age=86400, immutable')
  assert.equal(got.headers['content-security-policy'], "default-src 'none'; sandbox")
  assert.equal(got.headers['content-language'], 'en')
  assert.equal(got.headers['x-amz-version-id'], undefined)
  assert.equal(got.headers['x-cache'], 'Miss from cloudfront')
})

test('takes RSA and SHA-1 too', async t => {
  const { edge, put } = await edgeSetting(t)
  await put(KEY, BYTES)
  for (const hash of ['SHA1', 'SHA256'] as const) {
    const rsa = { key: RSA.privateKey, id: 'KRSA', hash }
    assert.equal((await get(signCanned(`${edge.url}${PATH}`, rsa))).status, 200)
    assert.equal((await get(signCanned(`${edge.url}${PATH}?${DISPOSITION}`, { hash }))).status, 200)
  }
})
