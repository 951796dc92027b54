import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import {
  codeIn,
  DISPOSITION,
  DISTRIBUTION,
  type EdgeSetting,
  edgeSetting,
  type Got,
  get,
  KEY,
  PATH,
  signCanned,
} from './edge-setting.ts'

const MISS = 'Miss from cloudfront'
const HIT = 'Hit from cloudfront'
const cacheOf = ({ headers }: Got) => headers['x-cache']
const bytesOfSize = (size: number) => Buffer.from(Array.from({ length: size }, (_, at) => at % 251))

async function withBlob(
  t: TestContext,
  bytes: Buffer | string,
  options = {},
): Promise<EdgeSetting & { url: string }> {
  const setting = await edgeSetting(t, options)
  await setting.put(KEY, bytes, { ContentType: 'image/png' })
  return { ...setting, url: signCanned(`${setting.edge.url}${PATH}?${DISPOSITION}`) }
}

/** What the policy of the distribution says, on whatever has come from the bucket or from the cache. */
function assertPolicy({ headers }: Got): void {
  assert.equal(headers['cache-control'], 'private, max-age=86400, immutable')
  assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox")
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['x-amz-version-id'], undefined)
}

test('asks the bucket once, and then answers the same from the cache, with its age', async t => {
  let time = Date.now()
  const { s3, url } = await withBlob(t, 'hello', { now: () => time })
  const first = await get(url)
  time += 42_000
  const second = await get(url)
  assert.deepEqual([cacheOf(first), cacheOf(second)], [MISS, HIT])
  assert.deepEqual([first.headers.age, second.headers.age], [undefined, '42'])
  assert.deepEqual(second.body, first.body)
  for (const name of ['content-type', 'content-length', 'content-disposition', 'etag', 'last-modified'])
    assert.equal(second.headers[name], first.headers[name], name)
  for (const got of [first, second]) assertPolicy(got)
  assert.match(String(second.headers.via), /^1\.1 [0-9a-f]+\.cloudfront\.net \(CloudFront\)$/)
  assert.equal(s3.requestCount('GetObject'), 1)
})

test('keeps dispositions apart, and takes no other part of a query into account', async t => {
  const { edge, s3 } = await withBlob(t, 'hello')
  const ask = (query: string) => get(signCanned(`${edge.url}${PATH}?${query}`))
  const inline = await ask('response-content-disposition=inline')
  const attachment = await ask('response-content-disposition=attachment')
  assert.deepEqual([cacheOf(inline), cacheOf(attachment)], [MISS, MISS])
  assert.equal(inline.headers['content-disposition'], 'inline')
  assert.equal(attachment.headers['content-disposition'], 'attachment')
  const strange = await ask('response-content-type=text/html&versionId=x&response-content-disposition=inline')
  assert.equal(cacheOf(strange), HIT)
  assert.equal(strange.headers['content-type'], 'image/png')
  assert.equal(s3.requestCount('GetObject'), 2)
})

test('lets no other part of a query reach the bucket, all of which would be refused or followed there', async t => {
  const { edge } = await withBlob(t, 'hello')
  const name = fc.constantFrom('acl', 'uploads', 'versionId', 'response-content-type', 'X-Amz-Signature', 'x')
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1 }), async names => {
      edge.invalidate('/*')
      const query = names.map(each => `${each}=text%2Fhtml`).join('&')
      const got = await get(signCanned(`${edge.url}${PATH}?${query}`))
      assert.deepEqual([got.status, got.body.toString(), cacheOf(got)], [200, 'hello', MISS])
      assert.equal(got.headers['content-type'], 'image/png')
    }),
    { numRuns: 40 },
  )
})

/** In the terms of HTTP: `undefined` for a range with nothing in it. */
function expected(bytes: Buffer, first: number | undefined, last: number | undefined): Buffer | undefined {
  if (first === undefined && last === undefined) return bytes
  if (first !== undefined && last !== undefined && last < first) return bytes
  const wanted =
    first === undefined
      ? bytes.subarray(-Math.min(last ?? 0, bytes.length))
      : bytes.subarray(first, (last ?? bytes.length) + 1)
  const none = first === undefined ? last === 0 : first >= bytes.length
  return none ? undefined : wanted
}

test('answers ranges with exactly those bytes, whatever is in the cache already', async t => {
  const size = 300
  const bytes = bytesOfSize(size)
  const { edge, url } = await withBlob(t, bytes)
  const end = fc.option(fc.nat(size + 20), { nil: undefined })
  const ask = fc.record({ first: end, last: end, head: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(ask, { minLength: 1, maxLength: 6 }), async asked => {
      edge.invalidate(PATH)
      for (const { first, last, head } of asked) {
        const got = await get(url, { range: `bytes=${first ?? ''}-${last ?? ''}` }, head ? 'HEAD' : 'GET')
        assertPolicy(got)
        const wanted = expected(bytes, first, last)
        if (wanted === undefined) {
          assert.equal(got.status, 416)
          assert.equal(got.headers['content-range'], `bytes */${size}`)
        } else {
          assert.deepEqual(got.body, head ? Buffer.alloc(0) : wanted)
          assert.equal(got.headers['content-length'], String(wanted.length))
          const start = first ?? size - wanted.length
          const range = `bytes ${start}-${start + wanted.length - 1}/${size}`
          assert.equal(got.headers['content-range'], got.status === 206 ? range : undefined)
          assert.equal(got.status === 206, (first ?? last) !== undefined && (last ?? size) >= (first ?? 0))
        }
      }
    }),
    { numRuns: 100 },
  )
})

test('answers parts of what it has from the cache, and asks the bucket for the others', async t => {
  const bytes = bytesOfSize(100)
  const { s3, url } = await withBlob(t, bytes)
  const part = async (range: string) => cacheOf(await get(url, { range: `bytes=${range}` }))
  assert.equal(await part('10-49'), MISS)
  assert.equal(await part('20-30'), HIT)
  assert.equal(await part('40-60'), MISS)
  assert.equal(cacheOf(await get(url, {}, 'HEAD')), HIT)
  assert.equal(cacheOf(await get(url)), MISS)
  assert.equal(await part('0-99'), HIT)
  assert.equal(await part('-1'), HIT)
  assert.equal(s3.requestCount('GetObject'), 3)
})

test('sends the whole for several ranges at once, and for a part of another object than the viewer has', async t => {
  const bytes = bytesOfSize(100)
  const { url } = await withBlob(t, bytes)
  for (const _ of ['of the bucket', 'of the cache']) {
    const several = await get(url, { range: 'bytes=0-1,5-6' })
    assert.deepEqual([several.status, several.body], [200, bytes])
  }
  const etag = String((await get(url)).headers.etag)
  const same = await get(url, { range: 'bytes=0-1', 'if-range': etag })
  assert.deepEqual([same.status, same.body.length], [206, 2])
  const other = await get(url, { range: 'bytes=0-1', 'if-range': '"other"' })
  assert.deepEqual([other.status, other.body.length], [200, 100])
})

test('answers 304 to who has it, from the bucket and from the cache, with the headers of the policy', async t => {
  const { edge, url } = await withBlob(t, 'hello')
  const { headers } = await get(url)
  const known = { etag: String(headers.etag), modified: String(headers['last-modified']) }
  const conditions = [
    [{ 'if-none-match': known.etag }, 304],
    [{ 'if-none-match': `"x", W/${known.etag}` }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-modified-since': known.modified }, 304],
    [{ 'if-modified-since': new Date(0).toUTCString() }, 200],
    [{ 'if-modified-since': 'no date' }, 200],
    [{ 'if-none-match': '"other"', 'if-modified-since': known.modified }, 200],
    [{ 'if-match': '"other"' }, 412],
    [{ 'if-match': known.etag, 'if-unmodified-since': new Date(0).toUTCString() }, 200],
    [{ 'if-unmodified-since': new Date(0).toUTCString() }, 412],
  ] as const
  for (const [condition, status] of conditions) {
    for (const from of ['bucket', 'cache']) {
      if (from === 'bucket') edge.invalidate('/*')
      else await get(url)
      const got = await get(url, condition)
      assert.equal(got.status, status, `${JSON.stringify(condition)} from the ${from}`)
      assertPolicy(got)
      assert.equal(got.headers['content-disposition'] === undefined, status !== 200)
      if (status === 304) assert.deepEqual([got.headers.etag, got.body.length], [known.etag, 0])
    }
  }
})

test('answers a HEAD like a GET without the bytes', async t => {
  const { url } = await withBlob(t, 'hello')
  const head = await get(url, {}, 'HEAD')
  const got = await get(url)
  assert.deepEqual([head.status, head.body.length, cacheOf(head)], [200, 0, MISS])
  for (const name of ['content-type', 'content-length', 'content-disposition', 'etag'])
    assert.equal(head.headers[name], got.headers[name])
})

test('keeps an empty blob', async t => {
  const { url } = await withBlob(t, '')
  for (const from of [MISS, HIT]) {
    const got = await get(url)
    assert.deepEqual(
      [got.status, got.body.length, got.headers['content-length'], cacheOf(got)],
      [200, 0, '0', from],
    )
  }
})

test('puts the headers of the policy on the errors of the bucket, and on none of its own', async t => {
  const { edge } = await withBlob(t, 'hello')
  const absent = await get(signCanned(`${edge.url}${PATH}00`))
  assert.equal(absent.status, 403)
  assertPolicy(absent)
  const unsigned = await get(`${edge.url}${PATH}`)
  assert.equal(unsigned.status, 403)
  assert.equal(unsigned.headers['cache-control'], undefined)
  assert.equal(unsigned.headers['content-security-policy'], undefined)
})

test('leaves what the bucket says where the policy does not override it', async t => {
  const { edge, put } = await edgeSetting(t)
  await put(KEY, 'hallo', { ContentLanguage: 'de' })
  for (const from of [MISS, HIT]) {
    const got = await get(signCanned(`${edge.url}${PATH}`))
    assert.deepEqual([cacheOf(got), got.headers['content-language']], [from, 'de'])
  }
})

test('caches nothing that is an error, and asks again', async t => {
  const { edge, put } = await edgeSetting(t)
  const url = signCanned(`${edge.url}${PATH}`)
  assert.equal((await get(url)).status, 403)
  await put(KEY, 'hello')
  assert.equal((await get(url)).status, 200)
})

test('answers 502 when the bucket cannot be asked, but from the cache what it has', async t => {
  const { edge, s3, url } = await withBlob(t, 'hello')
  await get(url)
  await s3.close()
  assert.equal((await get(url)).status, 200)
  const other = await get(signCanned(`${edge.url}${PATH}`))
  assert.deepEqual([other.status, codeIn(other)], [502, 'BadGateway'])
})

test('forgets what is too old, what is invalidated, and what it has no room for', async t => {
  let time = Date.now()
  const { edge, put } = await edgeSetting(t, { now: () => time, cacheSize: 4000 })
  const ask = async (number: number) => {
    const expires = Math.floor(time / 1000) + 60
    return cacheOf(await get(signCanned(`${edge.url}${PATH}${number}`, { expires })))
  }
  for (let number = 0; number < 6; number++) await put(`${KEY}${number}`, randomBytes(1000))
  await put(`${KEY}6`, randomBytes(1001))
  for (const number of [0, 1, 2, 3]) assert.equal(await ask(number), MISS)
  assert.equal(await ask(0), HIT)
  assert.equal(await ask(4), MISS)
  assert.equal(await ask(1), MISS)
  assert.equal(await ask(0), HIT)
  assert.deepEqual([await ask(6), await ask(6)], [MISS, MISS])
  edge.invalidate(`${PATH}0`)
  assert.deepEqual([await ask(0), await ask(4)], [MISS, HIT])
  edge.invalidate('/blobs/main/*')
  assert.deepEqual([await ask(4), await ask(4)], [MISS, HIT])
  time += DISTRIBUTION.lifetimes.default * 1000
  assert.equal(await ask(4), MISS)
})

test('takes new settings without forgetting what it has', async t => {
  const { edge, url } = await withBlob(t, 'hello')
  await get(url)
  edge.deploy({ ...DISTRIBUTION, publicKeys: {} })
  const refused = await get(url)
  assert.deepEqual([refused.status, codeIn(refused)], [403, 'InvalidKey'])
  edge.deploy({ ...DISTRIBUTION, addedHeaders: [] })
  const got = await get(url)
  assert.deepEqual([cacheOf(got), got.headers['cache-control']], [HIT, undefined])
})

test('passes a large blob on as it comes, and keeps nothing of it that a viewer left half-way', async t => {
  const bytes = randomBytes(8 * 2 ** 20)
  const { url } = await withBlob(t, bytes)
  const { hostname, port, pathname, search } = new URL(url)
  await new Promise<void>(resolve => {
    const outgoing = request({ hostname, port, path: pathname + search, agent: false }, answer => {
      answer.once('data', () => outgoing.destroy())
      answer.once('close', resolve)
      answer.once('error', () => undefined)
    })
    outgoing.once('error', () => undefined)
    outgoing.end()
  })
  const [again, third] = [await get(url), await get(url)]
  assert.ok(again.body.equals(bytes) && third.body.equals(bytes))
  assert.deepEqual([cacheOf(again), cacheOf(third)], [MISS, HIT])
})
