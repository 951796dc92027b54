import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import {
  codeIn,
  DISPOSITION,
  EC,
  type EdgeSetting,
  edgeSetting,
  FOREIGN,
  type Got,
  get,
  inAnHour,
  KEY,
  PATH,
  RSA,
  signCanned,
  signCustom,
} from './edge-setting.ts'

const SECRET = 'what only some may see'
const OTHER = `${PATH.slice(0, -1)}1`

async function guarded(t: TestContext, now?: () => number): Promise<EdgeSetting> {
  const setting = await edgeSetting(t, now ? { now } : {})
  await setting.put(KEY, SECRET)
  await setting.put(OTHER.slice(1), SECRET)
  return setting
}

function assertRefused(got: Got, code = 'AccessDenied', what = ''): void {
  assert.deepEqual([got.status, codeIn(got)], [403, code], what)
  assert.ok(!got.body.includes(SECRET), what)
  assert.equal(got.headers['x-cache'], 'Error from cloudfront')
}

/** In turn it is cached before, so that the cache is no way around the signature. */
test('refuses a URL with any one character changed, left out or put in', async t => {
  const { edge, s3 } = await guarded(t)
  const signed = signCanned(`${edge.url}${PATH}?${DISPOSITION}`)
  assert.equal((await get(signed)).status, 200)
  const asked = s3.requestCount()
  const start = edge.url.length + 1
  const at = fc.integer({ min: start, max: signed.length - 1 })
  const character = fc.constantFrom(
    ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~%&=?/.+',
  )
  const change = fc.constantFrom<'put' | 'drop' | 'replace'>('put', 'drop', 'replace')
  await fc.assert(
    fc.asyncProperty(at, character, change, async (position, letter, how) => {
      const rest = how === 'put' ? position : position + 1
      const changed = signed.slice(0, position) + (how === 'drop' ? '' : letter) + signed.slice(rest)
      fc.pre(changed !== signed)
      const got = await get(changed)
      assert.equal(got.status, 403, changed)
      assert.ok(!got.body.includes(SECRET))
    }),
    { numRuns: 500 },
  )
  assert.equal(s3.requestCount(), asked)
})

test('refuses the parts of a signature in any other combination', async t => {
  const { edge } = await guarded(t)
  const expires = inAnHour()
  const plain = [`${PATH}?${DISPOSITION}`, PATH, OTHER, `${OTHER}?${DISPOSITION}`]
  const signers = [
    { key: EC.privateKey, id: 'KEC', hash: 'SHA256' },
    { key: EC.privateKey, id: 'KEC', hash: 'SHA1' },
    { key: RSA.privateKey, id: 'KRSA', hash: 'SHA256' },
  ] as const
  const urls = plain.flatMap(path =>
    signers.flatMap(signer =>
      [expires, expires + 1].map(time => signCanned(`${edge.url}${path}`, { ...signer, expires: time })),
    ),
  )
  const parts = urls.map(url => ({
    url: plain.find(path => url.startsWith(`${edge.url}${path}&`) || url.startsWith(`${edge.url}${path}?E`)),
    expires: /Expires=\d+/.exec(url)?.[0],
    signature: /Signature=[^&]+/.exec(url)?.[0],
    id: /Key-Pair-Id=[^&]+/.exec(url)?.[0],
    hash: url.includes('Hash-Algorithm') ? '&Hash-Algorithm=SHA256' : '',
  }))
  const part = fc.constantFrom(...parts)
  await fc.assert(
    fc.asyncProperty(part, part, part, part, part, async (a, b, c, d, e) => {
      const joint = a.url?.includes('?') ? '&' : '?'
      const url = `${edge.url}${a.url}${joint}${b.expires}&${c.signature}&${d.id}${e.hash}`
      const got = await get(url)
      if (urls.includes(url)) assert.equal(got.status, 200)
      else assertRefused(got, 'AccessDenied', url)
    }),
    { numRuns: 400 },
  )
})

test('answers nothing without a signature, whatever the path', async t => {
  const { edge, s3 } = await guarded(t)
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.constant(PATH), fc.webPath()), async path => {
      assertRefused(await get(`${edge.url}${path || '/'}`), 'MissingKey')
    }),
    { numRuns: 50 },
  )
  assert.equal(s3.requestCount('GetObject'), 0)
})

test('tells apart a missing key, an unknown one and a wrong signature, as CloudFront does', async t => {
  const { edge } = await guarded(t)
  const url = `${edge.url}${PATH}`
  assertRefused(await get(`${url}?Expires=${inAnHour()}&Signature=abcd`), 'MissingKey')
  assertRefused(await get(`${url}?Expires=${inAnHour()}&Signature=abcd&Key-Pair-Id=`), 'MissingKey')
  assertRefused(await get(signCanned(url, { id: 'KNOBODY' })), 'InvalidKey')
  assertRefused(await get(signCanned(url, { id: 'toString' })), 'InvalidKey')
  assertRefused(await get(signCanned(url, { key: FOREIGN.privateKey })))
  const { body, headers } = await get(url)
  assert.equal(
    body.toString(),
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>MissingKey</Code><Message>Missing Key-Pair-Id query parameter or cookie value</Message></Error>`,
  )
  assert.equal(headers['content-type'], 'text/xml')
})

test('stops at the second in which a URL expires, also what it has in its cache', async t => {
  const now = Math.ceil(Date.now() / 1000)
  let time = now * 1000
  const { edge } = await guarded(t, () => time)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: -5000, max: 5000 }), async distance => {
      const expires = now + 100
      time = expires * 1000 + distance
      const got = await get(signCanned(`${edge.url}${PATH}`, { expires }))
      if (distance < 0) assert.equal(got.status, 200)
      else assertRefused(got)
    }),
    { numRuns: 60 },
  )
})

test('refuses an end that is no Unix time of 32 bits', async t => {
  const { edge } = await guarded(t)
  for (const expires of ['2147483648', '99999999999', '-1', '0', '1e9', '1800000000.5', '01800000000', '']) {
    assertRefused(await get(signCanned(`${edge.url}${PATH}`, { expires: expires as unknown as number })))
  }
})

test('refuses another way to write the same signature', async t => {
  const { edge } = await guarded(t)
  const signed = signCanned(`${edge.url}${PATH}`, { key: RSA.privateKey, id: 'KRSA' })
  assert.equal((await get(signed)).status, 200)
  // The last letter of 256 bytes has bits that say nothing.
  const next: Record<string, string> = { A: 'B', Q: 'R', g: 'h', w: 'x' }
  const other = signed.replace(/[AQgw](?=__&)/, letter => next[letter] ?? '')
  assert.notEqual(other, signed)
  assertRefused(await get(other))
  assertRefused(await get(signed.replace('__&', '&')))
})

test('refuses whatever is there twice, or belongs to both kinds of policy', async t => {
  const { edge } = await guarded(t)
  const url = `${edge.url}${PATH}`
  const signed = signCanned(url)
  for (const [again] of signed.matchAll(/[A-Z][A-Za-z-]+=[^&]+/g))
    assertRefused(await get(`${signed}&${again}`))
  const policy = `{"Statement":[{"Resource":"${url}","Condition":{"DateLessThan":{"AWS:EpochTime":${inAnHour()}}}}]}`
  assert.equal((await get(signCustom(url, policy))).status, 200)
  assertRefused(await get(`${signCustom(url, policy)}&Expires=${inAnHour()}`))
})

test('refuses all methods but GET and HEAD, and a GET with a body', async t => {
  const { edge, s3 } = await guarded(t)
  const signed = signCanned(`${edge.url}${PATH}`)
  const before = s3.requestCount()
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])
    assert.equal((await get(signed, {}, method)).status, 403)
  for (const announced of [{ 'content-length': '6' }, { 'transfer-encoding': 'chunked' }])
    assert.equal((await get(signed, announced, 'GET', 'a body')).status, 403)
  assert.equal(s3.requestCount(), before)
})

test('refuses a URL of more than 8,192 bytes', async t => {
  const { edge } = await guarded(t)
  const long = (length: number) => {
    const signed = signCanned(`${edge.url}${PATH}?${DISPOSITION}`)
    return `${signed}&x=${'x'.repeat(length - signed.length - 3)}`
  }
  assert.equal((await get(long(8192))).status, 403)
  assert.equal((await get(long(8193))).status, 413)
})

test('reaches the blobs of no other database, whoever signed for them (I9)', async t => {
  const { edge, put } = await guarded(t)
  const others = ['blobs/other/00000000000004d2/03d167f919308700', 'packs/main/a', 'blobs/mains', 'secret']
  for (const key of others) {
    await put(key, SECRET)
    assertRefused(await get(signCanned(`${edge.url}/${key}`)))
  }
  const around = ['blobs/main/../other/00000000000004d2/03d167f919308700', 'blobs/main/%2e%2e/%2e%2e/secret']
  for (const key of around) assertRefused(await get(signCanned(`${edge.url}/${key}`)))
})

test('does not tell a blob that is not there from one that is denied', async t => {
  const { edge } = await guarded(t)
  const absent = await get(signCanned(`${edge.url}${PATH}00`))
  const denied = await get(signCanned(`${edge.url}/blobs/other/a`))
  assertRefused(absent)
  assert.equal(absent.body.toString(), denied.body.toString())
  assert.equal((await get(signCanned(`${edge.url}${PATH}00`), {}, 'HEAD')).status, 403)
})

const within = (resource: string, condition: object) =>
  JSON.stringify({ Statement: [{ Resource: resource, Condition: condition }] })

test('follows a custom policy: where, until when, from when and for whom', async t => {
  const { edge } = await guarded(t)
  const url = `${edge.url}${PATH}`
  const end = { 'AWS:EpochTime': inAnHour() }
  const opens = async (policy: string) => (await get(signCustom(url, policy))).status === 200
  const until = (resource: string) => within(resource, { DateLessThan: end })
  assert.ok(await opens(until(`${edge.url}/blobs/main/*`)))
  assert.ok(await opens(until('*')))
  assert.ok(await opens(until(`${edge.url}/blobs/ma?n/*`)))
  assert.ok(await opens(JSON.stringify({ Statement: [{ Condition: { DateLessThan: end } }] })))
  assert.ok(await opens(within('*', { DateLessThan: end, IpAddress: { 'AWS:SourceIp': '127.0.0.0/8' } })))
  assert.ok(!(await opens(until(`${edge.url}/blobs/other/*`))))
  assert.ok(!(await opens(until(`${edge.url}/blobs/main`))))
  assert.ok(!(await opens(until(`${edge.url}/blobs/main/.*`))))
  assert.ok(!(await opens(within('*', { DateLessThan: end, DateGreaterThan: end }))))
  assert.ok(!(await opens(within('*', { DateLessThan: end, IpAddress: { 'AWS:SourceIp': '10.0.0.0/8' } }))))
})

test('refuses a custom policy that says more or less than is documented', async t => {
  const { edge } = await guarded(t)
  const url = `${edge.url}${PATH}`
  const end = { 'AWS:EpochTime': inAnHour() }
  const statement = { Resource: url, Condition: { DateLessThan: end } }
  const odd: unknown[] = [
    { Statement: [statement, statement] },
    { Statement: [] },
    { Statement: [statement], Version: '2012-10-17' },
    { Statement: [{ ...statement, Effect: 'Allow' }] },
    { Statement: [{ Resource: url, Condition: {} }] },
    { Statement: [{ Resource: url }] },
    { Statement: [{ Resource: url, Condition: { DateLessThan: { 'AWS:EpochTime': String(inAnHour()) } } }] },
    { Statement: [{ Resource: PATH, Condition: { DateLessThan: end } }] },
    {
      Statement: [{ Resource: url, Condition: { DateLessThan: end, IpAddress: { 'AWS:SourceIp': '::/0' } } }],
    },
    [],
    null,
  ]
  for (const policy of odd) assertRefused(await get(signCustom(url, JSON.stringify(policy))))
  assertRefused(await get(signCustom(url, 'no JSON')))
})
