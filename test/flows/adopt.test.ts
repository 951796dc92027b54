import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runCheck } from '../../core/check-run.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import type { PredecessorBucket } from '../../core/ports.ts'
import { createTallies } from '../../core/run.ts'
import { factsOf } from '../contract/bucket-contract.ts'
import { adoptAll, adoptSetting, failing, plansOf, WAYS } from './adopt-setting.ts'
import { refNumber, silent } from './setting.ts'

const ref = refNumber(7)
const LARGE = Buffer.alloc(3 * 2 ** 20, 'large')

/** As `check --deep` sees it. */
async function differencesOf({ adopt }: ReturnType<typeof adoptSetting>): Promise<string[]> {
  const found: string[] = []
  const tallies = createTallies({ ...silent, differs: difference => found.push(difference.class) })
  await runCheck(adopt, { depth: 'bytes', rebuild: false, repair: new Set(), volumes: [], jobs: 1 }, tallies)
  return found
}

for (const way of WAYS)
  describe(`an adoption ${way}`, () => {
    it('takes bytes, size and type over, and changes nothing there', async () => {
      const setting = adoptSetting(way)
      const gif = `GIF89a${'x'.repeat(10_000)}`
      const contents = { 1: gif, 2: '', 3: LARGE.toString(), 4: 'text' }
      for (const [number, content] of Object.entries(contents))
        setting.plant(refNumber(Number(number)), content)
      const before = new Map(setting.predecessor.objects)
      assert.deepEqual((await adoptAll(setting.adopt)).outcomes, { adopted: 4 })
      for (const [number, content] of Object.entries(contents)) {
        const of = refNumber(Number(number))
        assert.equal(await setting.bytesOf(of), content)
        const { size, sha256, contentType } = (await setting.rowOf(of)) ?? {}
        const type = content === gif ? 'image/gif' : 'application/octet-stream'
        assert.deepEqual({ size, sha256, contentType }, factsOf(Buffer.from(content), type))
      }
      assert.deepEqual(await differencesOf(setting), [])
      assert.deepEqual(setting.predecessor.objects, before)
    })

    it('twice is once: what has a row is not read again (I8)', async () => {
      const setting = adoptSetting(way)
      setting.plant(ref, 'the blob')
      await adoptAll(setting.adopt)
      const row = await setting.rowOf(ref)
      const unread: PredecessorBucket = {
        ...setting.predecessor,
        open: () => assert.fail('it was read again'),
      }
      const again = await adoptAll({ ...setting.adopt, predecessor: unread })
      assert.deepEqual([again.outcomes, again.errors], [{ 'adopted before': 1 }, []])
      assert.deepEqual(await setting.rowOf(ref), row)
    })

    it('compares an object that has no row, and gives it one (I3, I8)', async () => {
      const setting = adoptSetting(way)
      const [same, other] = [refNumber(1), refNumber(2)]
      for (const [of, content] of [[same, 'the blob'] as const, [other, 'the blub'] as const]) {
        const bytes = Buffer.from(content)
        await setting.bucket.put(blobKey('main', of), factsOf(bytes), { open: () => bytes })
        setting.plant(of, 'the blob')
      }
      const { outcomes, errors } = await adoptAll(setting.adopt)
      assert.deepEqual(outcomes, { present: 1 })
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['BLOB_CONFLICT'],
      )
      assert.equal((await setting.rowOf(same))?.state, 'archived')
      assert.equal(await setting.rowOf(other), undefined)
      assert.equal(await setting.bytesOf(other), 'the blub', 'both are kept')
    })

    it('tells a row of another size, without reading anything', async () => {
      const setting = adoptSetting(way)
      setting.plant(ref, 'the blob')
      await adoptAll(setting.adopt)
      const key = setting.plant(ref, 'the other blob')
      const { errors } = await adoptAll(setting.adopt)
      assert.deepEqual(
        errors.map(({ code, subject }) => [code, subject]),
        [['BLOB_CONFLICT', key]],
      )
      assert.equal(await setting.bytesOf(ref), 'the blob')
      assert.equal((await plansOf(setting.adopt))[0]?.plan.step, 'conflict')
    })

    it('passes other bytes of the same size by, which verifying reads and tells (I3)', async () => {
      const setting = adoptSetting(way)
      setting.plant(ref, 'the blob')
      setting.plant(refNumber(8), 'another')
      await adoptAll(setting.adopt)
      const unchanged = await adoptAll(setting.adopt, { verify: true })
      assert.deepEqual([unchanged.outcomes, unchanged.errors], [{ 'adopted before': 2 }, []])
      const key = setting.plant(ref, 'the blub')
      const row = await setting.rowOf(ref)
      assert.deepEqual((await adoptAll(setting.adopt)).outcomes, { 'adopted before': 2 })
      const { outcomes, errors } = await adoptAll(setting.adopt, { verify: true })
      assert.deepEqual(outcomes, { 'adopted before': 1 })
      assert.deepEqual(
        errors.map(({ code, subject }) => [code, subject]),
        [['BLOB_CONFLICT', key]],
      )
      assert.deepEqual([await setting.bytesOf(ref), await setting.rowOf(ref)], ['the blob', row])
      assert.equal(setting.predecessor.objects.get(key)?.toString(), 'the blub', 'both are kept')
    })

    it('brings nothing back that was swept since', async () => {
      const setting = adoptSetting(way)
      setting.plant(ref, 'the blob')
      await adoptAll(setting.adopt)
      const row = await setting.rowOf(ref)
      assert.ok(row)
      const condemned = { condemnedBy: 'some-report', condemnedIn: '1', condemnedAt: 1 }
      assert.ok(await setting.index.replace(row, { ...row, ...condemned, state: 'swept', sweptAt: 2 }))
      setting.bucket.mark(blobKey('main', ref))
      assert.deepEqual((await adoptAll(setting.adopt)).outcomes, { 'collected before': 1 })
      assert.equal(await setting.bytesOf(ref), undefined)
    })

    it('copies nothing that changed after it was hashed, and the next run does (I3)', async () => {
      const setting = adoptSetting(way)
      const key = setting.plant(ref, LARGE)
      const { predecessor, adopt } = setting
      const copies: typeof adopt.copies = {
        async copy(...words) {
          predecessor.objects.set(key, Buffer.from('other bytes'))
          return adopt.copies.copy(...words)
        },
      }
      const { errors } = await adoptAll({ ...adopt, copies })
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['SOURCE_CHANGED'],
      )
      assert.equal(await setting.bytesOf(ref), undefined)
      assert.equal(await setting.rowOf(ref), undefined)
      assert.deepEqual((await adoptAll(adopt)).outcomes, { adopted: 1 })
      assert.equal(await setting.bytesOf(ref), 'other bytes')
    })

    it('writes no row of a copy that has other bytes than were hashed (I3)', async () => {
      const setting = adoptSetting(way)
      const { adopt, bucket } = setting
      setting.plant(ref, 'the blob')
      const copies: typeof adopt.copies = {
        async copy(_blob, to, facts) {
          const { versionId } = bucket.add(to, { facts, content: Buffer.from('the blub') })
          return { outcome: 'stored', vouched: false, versionId }
        },
      }
      const { errors } = await adoptAll({ ...adopt, copies })
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['BLOB_CONFLICT'],
      )
      assert.equal(await setting.rowOf(ref), undefined)
    })

    it('leaves what is gone by then, and goes on', async () => {
      const setting = adoptSetting(way)
      const key = setting.plant(ref, 'the blob')
      setting.plant(refNumber(8), 'another')
      const { adopt, predecessor } = setting
      const gone: PredecessorBucket = {
        ...predecessor,
        open: (name, ...words) => {
          if (name === key) predecessor.objects.delete(key)
          return predecessor.open(name, ...words)
        },
      }
      const { outcomes, errors } = await adoptAll({ ...adopt, predecessor: gone })
      assert.deepEqual(outcomes, { adopted: 1 })
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['SOURCE_VANISHED'],
      )
    })

    it('ends with an outage, and with an abort, and goes on the next time (I8, I11)', async () => {
      const setting = adoptSetting(way)
      for (let number = 1; number <= 5; number += 1) setting.plant(refNumber(number), `blob ${number}`)
      setting.predecessor.failWith(
        new BlobUnavailable('SERVER_UNREACHABLE', 'an outage', { subject: 'port', hint: 'none' }),
      )
      await assert.rejects(adoptAll(setting.adopt), BlobUnavailable)
      setting.predecessor.failWith(undefined)
      const controller = new AbortController()
      const copies: typeof setting.adopt.copies = {
        copy(...words) {
          controller.abort()
          return setting.adopt.copies.copy(...words)
        },
      }
      const aborted = await adoptAll({ ...setting.adopt, copies }, { signal: controller.signal })
      assert.deepEqual([aborted.outcomes, aborted.errors], [{ adopted: 1 }, []])
      assert.deepEqual((await adoptAll(setting.adopt)).outcomes, { 'adopted before': 1, adopted: 4 })
    })

    it('fails at any call, and the next run ends what it began (I3, I8)', async test => {
      let calls = 0
      for (const side of ['before', 'after'] as const)
        for (let nth = 1; ; nth += 1) {
          const setting = adoptSetting(way)
          const contents = ['small', '', LARGE.toString()]
          for (const [number, content] of contents.entries()) setting.plant(refNumber(number), content)
          const before = new Map(setting.predecessor.objects)
          const { adopt, reached } = failing(setting.adopt, nth, side)
          await adoptAll(adopt).catch((error: unknown) => assert.ok(error instanceof BlobUnavailable))
          for await (const row of setting.index.list('main'))
            assert.ok((await setting.bytesOf(row)) !== undefined)
          const { errors } = await adoptAll(setting.adopt)
          assert.deepEqual(errors, [])
          for (const [number, content] of contents.entries())
            assert.equal(await setting.bytesOf(refNumber(number)), content)
          assert.deepEqual(await differencesOf(setting), [])
          assert.deepEqual(setting.predecessor.objects, before)
          if (!reached()) break
          calls += 1
        }
      assert.ok(calls > 20)
      test.diagnostic(`${calls} calls failed`)
    })
  })

describe('an adoption', () => {
  it('leaves alone what is no blob of the predecessor, and tells it', async () => {
    const setting = adoptSetting()
    setting.plant(ref, 'the blob')
    const strange = ['blobs/04d2/1.blob', 'blobs/main/x', 'blobs/4d2/1.blob.tmp']
    for (const key of strange) setting.predecessor.objects.set(key, Buffer.from('strange'))
    setting.predecessor.objects.set('elsewhere', Buffer.from('unseen'))
    const { outcomes, foreign } = await adoptAll(setting.adopt)
    assert.deepEqual(outcomes, { adopted: 1, foreign: 3 })
    assert.deepEqual(foreign.sort(), strange.sort())
    assert.equal(setting.bucket.versions.size, 1)
  })

  it('of a place without any blob says so, as for a mistaken form', async () => {
    const setting = adoptSetting()
    await assert.rejects(adoptAll(setting.adopt), { code: 'USAGE_WRONG' })
    setting.predecessor.objects.set('blobs/x', Buffer.from('strange'))
    await assert.rejects(adoptAll(setting.adopt), { code: 'USAGE_WRONG' })
  })

  it('plans without reading a blob or writing anything', async () => {
    const setting = adoptSetting()
    const { adopt, predecessor, index } = setting
    for (let number = 0; number < 250; number += 1) setting.plant(refNumber(number), `blob ${number}`)
    const reading = { ...predecessor, open: () => assert.fail('read') }
    const plans = await plansOf({ ...adopt, predecessor: reading })
    assert.equal(plans.length, 250)
    assert.ok(plans.every(({ plan }) => plan.step === 'adopt'))
    for await (const row of index.list('main')) assert.fail(JSON.stringify(row))
  })

  it('reads again what came otherwise than it lies there, and stores no wrong hash (I2)', async () => {
    const spoiling = (spoiled: (reading: number) => string | undefined) => {
      const setting = adoptSetting()
      const { predecessor, adopt } = setting
      setting.plant(ref, 'the blob')
      let readings = 0
      const open: PredecessorBucket['open'] = async (...words) => {
        const found = await predecessor.open(...words)
        readings += 1
        const wrong = spoiled(readings)
        return found && wrong !== undefined ? { ...found, body: bodyOf(wrong) } : found
      }
      return {
        ...setting,
        adopt: { ...adopt, predecessor: { ...predecessor, open } },
        readings: () => readings,
      }
    }
    const once = spoiling(reading => (reading === 1 ? 'the blub' : undefined))
    assert.deepEqual((await adoptAll(once.adopt)).outcomes, { adopted: 1 })
    assert.deepEqual([once.readings(), await once.bytesOf(ref)], [2, 'the blob'])

    const always = spoiling(reading => `blob ${reading} `)
    await assert.rejects(adoptAll(always.adopt), { code: 'SERVER_FAILED' })
    assert.deepEqual([always.readings(), await always.bytesOf(ref)], [3, undefined])
  })

  it('believes two readings that agree, where an ETag is no MD5', async () => {
    const setting = adoptSetting()
    const { predecessor, adopt } = setting
    setting.plant(ref, 'the blob')
    let readings = 0
    const open: PredecessorBucket['open'] = async (...words) => {
      readings += 1
      const found = await predecessor.open(...words)
      return found && { ...found, md5: '0'.repeat(32) }
    }
    assert.deepEqual((await adoptAll({ ...adopt, predecessor: { ...predecessor, open } })).outcomes, {
      adopted: 1,
    })
    assert.equal(readings, 2)
  })
})

async function* bodyOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
