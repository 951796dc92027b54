import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { BlobRow } from '../../core/model/blob-row.ts'
import type { Repairable } from '../../core/model/difference.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef } from '../../core/model/ref.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { factsOf, readAll } from '../contract/bucket-contract.ts'
import { check, checkSetting } from './check-setting.ts'
import { archiveVolume, copyTree, plantBlob, plantVolume, refNumber, scratch, trueBlobs } from './setting.ts'

const ref = refNumber(7)
const key = blobKey('main', ref)
const subject = formatRef(ref)
const only = (...classes: Repairable[]) => ({ repair: new Set(classes) })
const rebuilding = { depth: 'head', rebuild: true } as const

/** One archived blob, marked in the bucket, and two volumes that may have it. */
async function oneLost(test: TestContext, state: BlobRow['state'] = 'archived') {
  const setting = checkSetting()
  const row = await setting.storeWithRow(ref, 'the blob', state)
  setting.bucket.mark(key)
  const base = scratch(test)
  const volumes = ['one', 'two'].map(name => plantVolume(join(base, name)))
  const [one, two] = volumes
  assert.ok(one && two)
  return { ...setting, row, one, two, options: { ...only('lost'), volumes } }
}

describe('check --repair lost', () => {
  for (const state of ['archived', 'condemned'] as const) {
    it(`uploads a blob whose row is ${state} from the volume that has its bytes`, async test => {
      const { bucket, index, archive, row, one, two, options } = await oneLost(test, state)
      plantBlob(one, ref, 'THE BLOB')
      plantBlob(two, ref, 'the blob')
      assert.deepEqual((await check(archive)).told, [`lost ${subject}`])
      assert.deepEqual((await check(archive, options)).outcomes, { 'repaired lost': 1 })
      const got = await bucket.get(key)
      assert.ok(got)
      assert.equal((await readAll(got.body)).toString(), 'the blob')
      const { versionId, lastModified: archivedAt } = got.stored
      assert.deepEqual([...index.rows.values()], [{ ...row, versionId, archivedAt }])
      assert.deepEqual((await check(archive, { depth: 'bytes' })).outcomes, { agreeing: 1 })
    })
  }

  it('says so when no volume has the bytes, and uploads nothing else', async test => {
    const { bucket, archive, one, options } = await oneLost(test)
    plantBlob(one, ref, 'THE BLOB')
    const { told, reasons } = await check(archive, options)
    assert.deepEqual(told, [`lost ${subject}`])
    assert.match(reasons[0] ?? '', /no volume has its bytes$/)
    assert.equal(await bucket.head(key), undefined)
  })

  it('does not say so of a file that cannot be looked at (I11)', async test => {
    const { archive, one, options } = await oneLost(test)
    mkdirSync(one.pathOf(ref), { recursive: true })
    const { told, reasons, errors } = await check(archive, options)
    assert.deepEqual(told, [`lost ${subject}`])
    assert.doesNotMatch(reasons[0] ?? '', /no volume/)
    assert.equal(errors[0]?.code, 'SOURCE_NOT_A_FILE')
  })

  it('goes on to another volume when one cannot be read', async test => {
    const { archive, one, two, options } = await oneLost(test)
    mkdirSync(one.pathOf(ref), { recursive: true })
    plantBlob(two, ref, 'the blob')
    const { outcomes, errors } = await check(archive, options)
    assert.deepEqual([outcomes, errors], [{ 'repaired lost': 1 }, []])
  })

  it('ends at an outage instead of looking further (I11)', async test => {
    const { bucket, archive, one, options } = await oneLost(test)
    plantBlob(one, ref, 'the blob')
    const outage = new BlobUnavailable('SERVER_UNREACHABLE', 'outage', { subject: 'bucket', hint: 'wait' })
    const down = { ...archive, bucket: { ...bucket, put: () => Promise.reject(outage) } }
    await assert.rejects(check(down, options), { code: 'SERVER_UNREACHABLE' })
  })
})

const condemned = {
  ...{ state: 'condemned' as const, condemnedBy: '03d167f919308700-0123456789abcdef' },
  ...{ condemnedIn: '1', condemnedAt: 7 },
}

describe('check --repair unindexed, returned and reversioned', () => {
  it('mends its own class only, and twice equals once (I8)', async () => {
    const { index, archive, store, storeWithRow } = checkSetting()
    const rows = [
      await store(refNumber(1), 'unindexed'),
      await storeWithRow(refNumber(2), 'returned', 'swept'),
      { ...(await store(refNumber(3), 'reversioned')), ...condemned },
    ]
    const [unindexed, returned, reversioned] = rows
    assert.ok(unindexed && returned && reversioned)
    await index.insert({ ...reversioned, versionId: 'another', archivedAt: 5 })
    const right = [unindexed, { ...returned, state: 'archived' }, reversioned]
    const left = Object.entries({ returned, reversioned, unindexed }).map(
      ([name, row]) => `${name} ${formatRef(row)}`,
    )
    assert.deepEqual((await check(archive, { depth: 'bytes' })).told, left)
    for (const name of ['reversioned', 'returned', 'unindexed'] as const) {
      left.splice(
        left.findIndex(line => line.startsWith(name)),
        1,
      )
      const { told, outcomes } = await check(archive, { depth: 'bytes', ...only(name) })
      assert.equal(outcomes[`repaired ${name}`], 1)
      assert.deepEqual(told, left)
    }
    const known = await index.find('main', rows)
    assert.deepEqual(known, right)
    assert.deepEqual((await check(archive, { depth: 'bytes' })).outcomes, { agreeing: 3 })
  })

  it('writes no row for an object that nobody vouches for and whose bytes are wrong', async () => {
    const { bucket, index, archive, store } = checkSetting()
    await store(ref, 'the blob')
    bucket.damage(key, Buffer.from('the blub'))
    const { told, errors } = await check(archive, only('unindexed'))
    assert.deepEqual(told, [`unindexed ${subject}`])
    assert.equal(errors[0]?.code, 'BLOB_CONFLICT')
    assert.equal(index.rows.size, 0)
  })

  it('renews no row from a version whose bytes are wrong', async () => {
    const { bucket, index, archive, storeWithRow } = checkSetting()
    const row = await storeWithRow(ref, 'the blob')
    const renewed = { ...row, versionId: 'another' }
    await index.replace(row, renewed)
    bucket.damage(key, Buffer.from('the blub'))
    const { told } = await check(archive, { depth: 'head', ...only('reversioned') })
    assert.deepEqual(told, [`reversioned ${subject}`])
    assert.deepEqual([...index.rows.values()], [renewed])
  })
})

describe('check --rebuild (I10)', () => {
  it('makes the identical index out of the bucket, and twice equals once (I8)', async test => {
    const { index, archive } = checkSetting()
    await archiveVolume(archive, openVolume(copyTree('bushy', join(scratch(test), 'blobs'))))
    const before = new Map([...index.rows].sort())
    const count = trueBlobs('bushy').length
    assert.equal(before.size, count)
    index.rows.clear()
    assert.deepEqual((await check(archive, rebuilding)).outcomes, { indexed: count })
    assert.deepEqual(new Map([...index.rows].sort()), before)
    assert.deepEqual((await check(archive, rebuilding)).outcomes, { agreeing: count })
    assert.deepEqual(new Map([...index.rows].sort()), before)
  })

  it('goes on where it was ended (I8)', async () => {
    const { index, archive, storeWithRow } = checkSetting()
    for (let number = 0; number < 30; number += 1) await storeWithRow(refNumber(number), `blob ${number}`)
    const before = new Map(index.rows)
    index.rows.clear()
    const controller = new AbortController()
    const insert: typeof index.insert = async row => {
      if (index.rows.size === 9) controller.abort()
      return index.insert(row)
    }
    await check({ ...archive, index: { ...index, insert } }, { ...rebuilding, signal: controller.signal })
    assert.ok(index.rows.size >= 9 && index.rows.size < 30)
    await check(archive, rebuilding)
    assert.deepEqual(new Map([...index.rows].sort()), new Map([...before].sort()))
  })

  it('replaces no row that is there, and tells those that disagree', async () => {
    const { bucket, index, archive, store, storeWithRow } = checkSetting()
    const condemned = await storeWithRow(refNumber(1), 'garbage', 'condemned')
    const altered = { ...(await store(refNumber(2), 'altered')), sha256: 'ab'.repeat(32) }
    await index.insert(altered)
    const missing = await store(refNumber(3), 'no row')
    const bytes = Buffer.from('not ours')
    await bucket.put('blobs/main/notes.txt', factsOf(bytes), { open: () => bytes })
    const { told, outcomes } = await check(archive, rebuilding)
    assert.deepEqual(told, [`altered ${formatRef(altered)}`, 'foreign blobs/main/notes.txt'])
    assert.deepEqual(outcomes, { agreeing: 1, altered: 1, foreign: 1, indexed: 1 })
    assert.deepEqual(await index.find('main', [condemned, altered, missing]), [condemned, altered, missing])
  })

  it('makes no row of an object without our metadata', async () => {
    const { bucket, index, archive, store } = checkSetting()
    await store(ref, 'the blob')
    const head: typeof bucket.head = async key => {
      const stored = await bucket.head(key)
      return stored && { ...stored, sha256: undefined }
    }
    const { told } = await check({ ...archive, bucket: { ...bucket, head } }, rebuilding)
    assert.deepEqual(told, [`foreign ${subject}`])
    assert.equal(index.rows.size, 0)
  })
})
