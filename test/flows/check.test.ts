import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOB_STATES, type BlobRow } from '../../core/model/blob-row.ts'
import { agreesAsListed, compare } from '../../core/model/difference.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey, blobPrefix, parseBlobKey } from '../../core/model/key.ts'
import { formatRef } from '../../core/model/ref.ts'
import type { BlobBucket, BlobIndex } from '../../core/ports.ts'
import { factsOf, readAll } from '../contract/bucket-contract.ts'
import { check, checkSetting } from './check-setting.ts'
import { refNumber } from './setting.ts'

const ref = refNumber(7)
const key = blobKey('main', ref)
const subject = formatRef(ref)

/** Does something once, right after the nth call of this kind was answered. */
function afterCall<P, M extends keyof P>(port: P, method: M, nth: number, happens: () => unknown): P {
  let calls = 0
  const call = port[method] as (...words: unknown[]) => Promise<unknown>
  const hooked = async (...words: unknown[]) => {
    const answer = await call.apply(port, words)
    calls += 1
    if (calls === nth) await happens()
    return answer
  }
  return { ...port, [method]: hooked }
}

/** A bucket whose bodies come through here. */
function withBody(
  bucket: BlobBucket,
  change: (body: AsyncIterable<Uint8Array>, nth: number) => AsyncIterable<Uint8Array>,
): BlobBucket {
  let nth = 0
  return {
    ...bucket,
    async get(key, signal) {
      const found = await bucket.get(key, signal)
      nth += 1
      return found && { ...found, body: change(found.body, nth) }
    },
  }
}

async function* flipped(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield chunk.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
}

// biome-ignore lint/correctness/useYield: it breaks off before its first byte
async function* brokenOff(): AsyncGenerator<Uint8Array> {
  throw new BlobUnavailable('SERVER_UNREACHABLE', 'ended too early', { subject: key, hint: 'again' })
}

describe('check', () => {
  it('tells what comparing every row with every object tells, and changes nothing', async () => {
    const anyKey = fc.oneof(
      { arbitrary: fc.nat({ max: 9 }).map(n => blobKey('main', refNumber(n))), weight: 5 },
      {
        arbitrary: fc.stringMatching(/^[0-9a-z/~é]{1,20}$/).map(name => blobPrefix('main') + name),
        weight: 1,
      },
    )
    const state = fc.constantFrom(...BLOB_STATES)
    const rowChange = fc.constantFrom<Partial<BlobRow>>({}, {}, { size: 99 }, { versionId: 'another' })
    const world = fc.uniqueArray(
      fc.record({
        key: anyKey,
        content: fc.constantFrom('', 'a', 'bb'),
        state,
        rowChange,
        harm: fc.constantFrom('none', 'none', 'no row', 'marked', 'damaged'),
      }),
      { selector: entry => entry.key, maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(world, fc.constantFrom('list', 'head', 'bytes'), async (entries, depth) => {
        const { bucket, index, archive, store } = checkSetting()
        const naive: string[] = []
        for (const { key, content, state, rowChange, harm } of entries) {
          const at = parseBlobKey(key)?.ref
          if (!at) {
            await bucket.put(key, factsOf(Buffer.from(content)), { open: () => Buffer.from(content) })
            naive.push(`foreign ${key}`)
            continue
          }
          const row = { ...(await store(at, content)), state, ...rowChange }
          if (harm !== 'no row') await index.insert(row)
          if (harm === 'marked') bucket.mark(key)
          if (harm === 'damaged') bucket.damage(key, Buffer.alloc(content.length, 'x'))
          const known = harm === 'no row' ? undefined : row
          const object = await bucket.head(key)
          const read = depth === 'bytes' ? await bucket.get(key) : undefined
          const bytes = read && { readSha256: factsOf(await readAll(read.body)).sha256 }
          const verdict = compare(known, object && { ...object, ...bytes })
          const passed = depth === 'list' && agreesAsListed(known, object?.size)
          if (verdict && !passed) naive.push(`${verdict.class} ${formatRef(at)}`)
        }
        const before = [...index.rows.values()]
        const { told, errors } = await check(archive, { depth })
        assert.deepEqual(told, naive.sort())
        assert.deepEqual(errors, [])
        assert.deepEqual([...index.rows.values()], before)
      }),
    )
  })

  it('tells nothing of a database whose name begins with this one’s (I9)', async () => {
    const { bucket, index, archive, storeWithRow } = checkSetting()
    const row = await storeWithRow(ref, 'a blob')
    await index.insert({ ...row, database: 'main-two', oid: refNumber(8).oid })
    const bytes = Buffer.from('theirs')
    await bucket.put(blobKey('main-two', refNumber(9)), factsOf(bytes), { open: () => bytes })
    const { told, outcomes } = await check(archive)
    assert.deepEqual([told, outcomes], [[], { agreeing: 1 }])
  })

  it('reads all bytes with --deep, and not one object without', async () => {
    const { bucket, archive, storeWithRow } = checkSetting()
    for (let number = 0; number < 20; number += 1) await storeWithRow(refNumber(number), `blob ${number}`)
    bucket.damage(key, Buffer.from('blub 7'))
    const unread = { ...bucket, head: () => assert.fail('a HEAD'), get: () => assert.fail('a GET') }
    assert.deepEqual((await check({ ...archive, bucket: unread })).outcomes, { agreeing: 20 })
    const { told, outcomes } = await check(archive, { depth: 'bytes' })
    assert.deepEqual([told, outcomes], [[`damaged ${subject}`], { agreeing: 19, damaged: 1 }])
  })
})

describe('check, while others are at work', () => {
  it('raises no alarm for a blob that is archived behind the listing of the index', async () => {
    const { index, archive, storeWithRow } = checkSetting()
    const stale: BlobIndex = { ...index, list: async function* () {} }
    await storeWithRow(ref, 'a blob')
    assert.deepEqual((await check({ ...archive, index: stale })).outcomes, { agreeing: 1 })
  })

  it('takes a row that is written after its object for no difference', async () => {
    const { index, archive, store } = checkSetting()
    const row = await store(ref, 'a blob')
    const late = afterCall(index, 'find', 1, () => index.insert(row))
    assert.deepEqual((await check({ ...archive, index: late })).outcomes, { agreeing: 1 })
  })

  it('gives the archiver of an object that was stored just now the time to write its row', async () => {
    const { bucket, index, archive, store } = checkSetting()
    const row = await store(ref, 'a blob')
    const stored = await bucket.head(key)
    const now = () => (stored?.lastModified ?? 0) + 1_500
    const atWork = afterCall(bucket, 'head', 1, () => setImmediate(() => index.insert(row)))
    assert.deepEqual((await check({ ...archive, bucket: atWork, now })).outcomes, { agreeing: 1 })
  })

  it('does not call a blob lost that the sweeper takes between two looks', async () => {
    const { bucket, index, archive, storeWithRow } = checkSetting()
    const row = await storeWithRow(ref, 'a blob', 'condemned')
    const sweep = async () => {
      await index.replace(row, { ...row, state: 'sweeping' })
      bucket.mark(key)
    }
    const gone: BlobBucket = { ...bucket, list: async function* () {} }
    const swept = afterCall(index, 'find', 1, sweep)
    assert.deepEqual((await check({ ...archive, bucket: gone, index: swept })).told, [`sweeping ${subject}`])
  })

  it('tells a key that has vanished since it was listed as nothing', async () => {
    const { bucket, archive, store } = checkSetting()
    await store(ref, 'a blob')
    const stale: BlobBucket = { ...bucket, head: async () => undefined }
    assert.deepEqual((await check({ ...archive, bucket: stale })).told, [])
  })
})

describe('check --deep, on a bad line (I11)', () => {
  it('reads again what was damaged on its way, whether it has a row or not', async () => {
    const { bucket, archive, store, storeWithRow } = checkSetting()
    const noisy = () => ({
      ...archive,
      bucket: withBody(bucket, (body, nth) => (nth === 1 ? flipped(body) : body)),
    })
    await store(ref, 'a blob')
    assert.deepEqual((await check(noisy(), { depth: 'bytes' })).told, [`unindexed ${subject}`])
    await storeWithRow(ref, 'a blob')
    assert.deepEqual((await check(noisy(), { depth: 'bytes' })).outcomes, { agreeing: 1 })
  })

  it('reads again what broke off, and calls what always breaks off an outage, never damage', async () => {
    const { bucket, archive, storeWithRow } = checkSetting()
    await storeWithRow(ref, 'a blob')
    const failing = withBody(bucket, (body, nth) => (nth < 3 ? brokenOff() : body))
    assert.deepEqual((await check({ ...archive, bucket: failing }, { depth: 'bytes' })).outcomes, {
      agreeing: 1,
    })
    const down = withBody(bucket, brokenOff)
    await assert.rejects(check({ ...archive, bucket: down }, { depth: 'bytes' }), {
      code: 'SERVER_UNREACHABLE',
    })
  })

  it('ends at an outage instead of telling differences', async () => {
    const { bucket, archive, storeWithRow } = checkSetting()
    await storeWithRow(ref, 'a blob', 'swept')
    const outage = new BlobUnavailable('SERVER_UNREACHABLE', 'outage', { subject: 'bucket', hint: 'wait' })
    const down: BlobBucket = { ...bucket, head: () => Promise.reject(outage) }
    await assert.rejects(check({ ...archive, bucket: down }), { code: 'SERVER_UNREACHABLE' })
  })
})
