import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runCheck } from '../../core/check-run.ts'
import type { BlobRow, BlobState } from '../../core/model/blob-row.ts'
import { BlobMissing, BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import { SWEEP_SETTLES } from '../../core/model/undelete-plan.ts'
import { createTallies } from '../../core/run.ts'
import { undeleteBlob } from '../../core/undelete.ts'
import { chooseGarbage, chooseLiving, chooseNamed } from '../../core/undelete-run.ts'
import { readAll } from '../contract/bucket-contract.ts'
import { makeReport, plantReport } from '../memory/plant-report.ts'
import { refNumber, scratch, silent } from './setting.ts'
import { failing, KEEPING, REPORT, undeleteAll, undeleteSetting } from './undelete-setting.ts'

const ref = refNumber(7)
const key = blobKey('main', ref)
type Setting = ReturnType<typeof undeleteSetting>

/** The blob is whole again: its bytes under its key, and a row that knows this very object. */
async function assertWhole({ bucket, rowOf }: Setting, of: Ref = ref, content = 'the blob') {
  const found = await bucket.get(blobKey('main', of))
  assert.ok(found)
  assert.equal((await readAll(found.body)).toString(), content)
  const { versionId, lastModified: archivedAt, contentType, size, sha256 } = found.stored
  const row = { formatVersion: 1, database: 'main', ...of, size, sha256, contentType, versionId, archivedAt }
  assert.deepEqual(await rowOf(of), { ...row, state: 'archived' })
  assert.equal(contentType, 'image/png')
}

describe('undelete', () => {
  it('makes what is condemned archived again, with the object that is there', async () => {
    const setting = undeleteSetting()
    const { versionId } = await setting.plant(ref, 'condemned')
    const { outcome, bytes, plan } = await undeleteBlob(setting.undelete, ref)
    assert.deepEqual([outcome, bytes], ['revived', 8])
    assert.match(plan.reason, /^condemned 2026-01-02 00:00 UTC by 03d1/)
    await assertWhole(setting)
    assert.equal((await setting.rowOf(ref))?.versionId, versionId)
  })

  it('copies back what is swept, byte for byte, over the marker and no version less (I5, I6)', async () => {
    const setting = undeleteSetting()
    const { versionId, sweptAt = 0 } = await setting.plant(ref, 'swept')
    const { outcome, plan } = await undeleteBlob(setting.undelete, ref)
    assert.deepEqual([outcome, plan.until], ['restored', sweptAt + KEEPING.expiry])
    await assertWhole(setting)
    const listed = await setting.versions.list(key)
    assert.deepEqual(
      listed.map(({ marker }) => marker),
      [false, true, false],
    )
    assert.equal(listed.at(-1)?.versionId, versionId)
  })

  it('has nothing to do for what is archived, again and again (I8)', async () => {
    const setting = undeleteSetting()
    const row = await setting.plant(ref, 'archived')
    for (let time = 1; time <= 2; time += 1)
      assert.equal((await undeleteBlob(setting.undelete, ref)).outcome, 'archived before')
    assert.deepEqual(await setting.rowOf(ref), row)
  })

  it('waits for what is being swept, and for what was swept a moment ago', async () => {
    const setting = undeleteSetting()
    const { sweptAt = 0 } = await setting.plant(ref, 'swept')
    const sweeping = refNumber(8)
    await setting.plant(sweeping, 'sweeping')
    await assert.rejects(undeleteBlob(setting.undelete, sweeping), { code: 'BLOB_BUSY' })
    const at = (now: number) => undeleteBlob({ ...setting.undelete, now: () => now }, ref)
    await assert.rejects(at(sweptAt + SWEEP_SETTLES - 1), {
      code: 'BLOB_BUSY',
      message: 'swept 2026-01-16 00:00 UTC; it can be undone from 2026-01-16 00:20 UTC',
    })
    assert.equal(await setting.copies(ref), 1, 'nothing was copied')
    assert.equal((await at(sweptAt + SWEEP_SETTLES)).outcome, 'restored')
  })

  it('brings it back past the window, if the bucket has not forgotten it', async () => {
    const setting = undeleteSetting()
    await setting.plant(ref, 'swept')
    setting.pass(2 * KEEPING.expiry)
    const { outcome, plan } = await undeleteBlob(setting.undelete, ref)
    assert.equal(outcome, 'restored')
    assert.match(plan.reason, /the time to undo it is over/)
    await assertWhole(setting)
  })

  it('says what is missing and until when it was there, only of what is missing (I11)', async () => {
    const setting = undeleteSetting()
    await setting.plant(ref, 'swept')
    setting.pass(2 * KEEPING.expiry)
    const marker = setting.bucket.versions.get(key)?.at(-1)
    assert.ok(marker)
    setting.bucket.versions.set(key, [marker])
    await assert.rejects(undeleteBlob(setting.undelete, ref), error => {
      assert.ok(error instanceof BlobMissing)
      assert.match(
        error.message,
        /^no version of it is left .+ until 2026-05-07 00:00 UTC it could be undone/,
      )
      return true
    })
    await assert.rejects(undeleteBlob(setting.undelete, refNumber(99)), BlobMissing)
    setting.bucket.failWith(new BlobUnavailable('SERVER_UNREACHABLE', 'outage', { subject: '', hint: '' }))
    await assert.rejects(undeleteBlob(setting.undelete, ref), { code: 'SERVER_UNREACHABLE' })
  })

  it('verifies what came back onto its key meanwhile, and copies nothing (I3, I8)', async () => {
    const setting = undeleteSetting()
    await setting.plant(ref, 'swept')
    await setting.put(ref, 'the blob')
    assert.equal((await undeleteBlob(setting.undelete, ref)).outcome, 'returned')
    assert.equal(await setting.copies(ref), 2)
    await assertWhole(setting)
  })

  for (const state of ['condemned', 'swept'] as const) {
    it(`is a conflict where the key of what is ${state} has other bytes, and keeps both (I3)`, async () => {
      const setting = undeleteSetting()
      const row = await setting.plant(ref, state)
      if (state === 'condemned') setting.bucket.mark(key)
      await setting.put(ref, 'THE BLOB')
      await assert.rejects(undeleteBlob(setting.undelete, ref), { code: 'BLOB_CONFLICT' })
      assert.deepEqual(await setting.rowOf(ref), row)
      assert.equal(await setting.copies(ref), 2)
    })
  }

  it('takes of several older versions the one with the bytes of the row', async () => {
    const setting = undeleteSetting()
    await setting.put(ref, 'someone')
    setting.bucket.mark(key)
    await setting.plant(ref, 'swept')
    setting.bucket.add(key, {
      facts: { ...(await setting.rowOf(ref)), contentType: 'x/y' } as never,
      content: Buffer.from('THE BLOB'),
    })
    setting.bucket.mark(key)
    assert.equal((await undeleteBlob(setting.undelete, ref)).outcome, 'restored')
    await assertWhole(setting)
  })

  it('takes the newest with the right bytes where the version of the row is gone', async () => {
    const setting = undeleteSetting()
    await setting.plant(ref, 'swept')
    await setting.put(ref, 'the blob')
    setting.bucket.mark(key)
    const [, ...later] = setting.bucket.versions.get(key) ?? []
    setting.bucket.versions.set(key, later)
    assert.equal((await undeleteBlob(setting.undelete, ref)).outcome, 'restored')
    await assertWhole(setting)
  })

  it('never takes the version of another for the blob', async () => {
    const setting = undeleteSetting()
    await setting.put(ref, 'THE BLOB')
    setting.bucket.mark(key)
    const row = await setting.plant(ref, 'swept')
    const left = (setting.bucket.versions.get(key) ?? []).filter(
      version => version.versionId !== row.versionId,
    )
    setting.bucket.versions.set(key, left)
    await assert.rejects(undeleteBlob(setting.undelete, ref), BlobMissing)
    assert.equal(await setting.bucket.head(key), undefined)
    assert.deepEqual(await setting.rowOf(ref), row)
  })

  for (const state of ['archived', 'condemned'] as const) {
    it(`brings back what is ${state} and was marked behind the sweeper’s back`, async () => {
      const setting = undeleteSetting()
      await setting.plant(ref, state)
      setting.bucket.mark(key)
      assert.equal((await undeleteBlob(setting.undelete, ref)).outcome, 'restored')
      await assertWhole(setting)
    })
  }

  it('leaves alone what the sweeper took up between two of its steps (I6)', async () => {
    for (const gone of [false, true]) {
      const setting = undeleteSetting()
      const row = await setting.plant(ref, 'condemned')
      const head: Setting['bucket']['head'] = async of => {
        const before = await setting.bucket.head(of)
        const sweeping = await setting.index.replace(row, { ...row, state: 'sweeping' })
        if (sweeping && gone) setting.bucket.mark(of)
        return gone ? setting.bucket.head(of) : before
      }
      const raced = { ...setting.undelete, bucket: { ...setting.bucket, head } }
      await assert.rejects(undeleteBlob(raced, ref), { code: 'BLOB_BUSY' })
      assert.equal((await setting.rowOf(ref))?.state, 'sweeping')
      assert.equal(await setting.copies(ref), 1)
    }
  })

  it('is done once where two undo the same at once (I3, I8)', async () => {
    const setting = undeleteSetting()
    await setting.plant(ref, 'swept')
    const both = [undeleteBlob(setting.undelete, ref), undeleteBlob(setting.undelete, ref)]
    for (const { outcome } of await Promise.all(both)) assert.notEqual(outcome, 'revived')
    assert.equal(await setting.copies(ref), 2)
    await assertWhole(setting)
  })

  it('tells damage of a version instead of calling it archived', async () => {
    const setting = undeleteSetting()
    const row = await setting.plant(ref, 'swept')
    const [version] = setting.bucket.versions.get(key) ?? []
    assert.ok(version?.object)
    version.object.content = Buffer.from('THE BLOB')
    await assert.rejects(undeleteBlob(setting.undelete, ref), { code: 'BLOB_CONFLICT' })
    assert.deepEqual(await setting.rowOf(ref), row)
  })

  it('tells damage instead of calling it archived', async () => {
    const setting = undeleteSetting()
    const row = await setting.plant(ref, 'condemned')
    setting.bucket.damage(key, Buffer.from('THE BLOB'))
    const unversioned = { ...row, versionId: 'another' }
    setting.index.rows.set(`main#${ref.oid}${ref.tid}`, unversioned)
    await assert.rejects(undeleteBlob(setting.undelete, ref), { code: 'BLOB_CONFLICT' })
    assert.deepEqual(await setting.rowOf(ref), unversioned)
  })
})

describe('undelete without a row: the index is lost', () => {
  async function forgetRow(state: BlobState) {
    const setting = undeleteSetting()
    await setting.plant(ref, state)
    setting.index.rows.clear()
    return setting
  }

  it('restores the newest version that is ours and writes its row (I10)', async () => {
    const setting = await forgetRow('swept')
    const { outcome, plan } = await undeleteBlob(setting.undelete, ref)
    assert.equal(outcome, 'restored')
    assert.equal(plan.until, Date.UTC(2026, 0, 16) + KEEPING.expiry)
    await assertWhole(setting)
  })

  it('waits as long after the marker as after a sweep', async () => {
    const setting = await forgetRow('condemned')
    setting.bucket.mark(key)
    await assert.rejects(undeleteBlob(setting.undelete, ref), { code: 'BLOB_BUSY' })
    setting.pass(SWEEP_SETTLES)
    assert.equal((await undeleteBlob(setting.undelete, ref)).outcome, 'restored')
  })

  it('writes the row of an object that is there, and none of one that is not ours', async () => {
    const setting = await forgetRow('archived')
    assert.equal((await undeleteBlob(setting.undelete, ref)).outcome, 'indexed')
    await assertWhole(setting)
    const foreign = await forgetRow('archived')
    const head: Setting['bucket']['head'] = async of => {
      const stored = await foreign.bucket.head(of)
      return stored && { ...stored, sha256: undefined }
    }
    const undelete = { ...foreign.undelete, bucket: { ...foreign.bucket, head } }
    await assert.rejects(undeleteBlob(undelete, ref), { code: 'BLOB_CONFLICT' })
    assert.equal(foreign.index.rows.size, 0)
  })
})

describe('an undelete that ends anywhere', () => {
  const STARTS: [string, (setting: Setting) => Promise<unknown>][] = [
    ['condemned', setting => setting.plant(ref, 'condemned')],
    ['swept', setting => setting.plant(ref, 'swept')],
    [
      'swept, without a row',
      async setting => {
        await setting.plant(ref, 'swept')
        setting.index.rows.clear()
      },
    ],
    [
      'condemned, and marked by somebody',
      async setting => {
        await setting.plant(ref, 'condemned')
        setting.bucket.mark(key)
        setting.pass(SWEEP_SETTLES)
      },
    ],
  ]
  for (const [start, plant] of STARTS)
    for (const side of ['before', 'after'] as const)
      it(`is completed by the next, which copies nothing twice: ${start}, ${side} each call (I8)`, async () => {
        let calls = 0
        for (let nth = 1; ; nth += 1) {
          const setting = undeleteSetting()
          await plant(setting)
          const { undelete, reached } = failing(setting.undelete, nth, side)
          const first = await undeleteBlob(undelete, ref).catch((error: unknown) => error)
          if (!reached()) break
          calls = nth
          assert.ok(first instanceof BlobUnavailable, `${first}`)
          const { outcome } = await undeleteBlob(setting.undelete, ref)
          assert.notEqual(outcome, undefined)
          assert.ok((await setting.copies(ref)) <= 2)
          await assertWhole(setting)
        }
        assert.ok(calls >= 4, `${calls} calls`)
      })
})

describe('an undelete of a selection that ends anywhere', () => {
  for (const state of ['condemned', 'marked', 'swept'] as const)
    it(`is completed by the same selection: ${state} (I8)`, async () => {
      let calls = 0
      for (const side of ['before', 'after'] as const)
        for (let nth = 1; ; nth += 1) {
          const setting = undeleteSetting()
          await setting.plant(ref, state === 'marked' ? 'condemned' : state)
          if (state === 'marked') setting.bucket.mark(key)
          const choose = () => chooseGarbage(setting.undelete, row => row.condemnedBy === REPORT)
          const { undelete, reached } = failing(setting.undelete, nth, side)
          await undeleteAll(undelete, choose()).catch((error: unknown) => {
            assert.ok(error instanceof BlobUnavailable, `${error}`)
          })
          if (!reached()) break
          calls = nth
          await undeleteAll(setting.undelete, choose())
          assert.ok((await setting.copies(ref)) <= 2)
          await assertWhole(setting)
        }
      assert.ok(calls >= 3, `${calls} calls`)
    })
})

describe('undelete of many', () => {
  async function plantSome(setting: Setting) {
    const rows = new Map<string, BlobRow>()
    for (const [number, state] of (['archived', 'condemned', 'swept', 'sweeping'] as const).entries())
      rows.set(state, await setting.plant(refNumber(number), state))
    return rows
  }

  it('takes what a report condemned, and tells what has to wait', async () => {
    const setting = undeleteSetting()
    await plantSome(setting)
    const other = await setting.plant(refNumber(64), 'condemned')
    await setting.index.replace(other, { ...other, condemnedBy: 'another' })
    const chosen = chooseGarbage(setting.undelete, row => row.condemnedBy === REPORT)
    const { outcomes, errors } = await undeleteAll(setting.undelete, chosen)
    assert.deepEqual(outcomes, { revived: 1, restored: 1 })
    assert.deepEqual(
      errors.map(({ code, subject }) => [code, subject]),
      [['BLOB_BUSY', formatRef(refNumber(3))]],
    )
    assert.equal((await setting.rowOf(refNumber(64)))?.state, 'condemned')
    for (const number of [1, 2]) await assertWhole(setting, refNumber(number))
  })

  it('takes what a live report names, and leaves other garbage alone', async test => {
    const setting = undeleteSetting()
    await plantSome(setting)
    const left = await setting.plant(refNumber(65), 'swept')
    const report = makeReport([0, 1, 2, 100].map(number => refNumber(number)))
    const manifest = await plantReport(setting.bucket, report)
    const chosen = chooseLiving(setting.undelete, manifest, scratch(test))
    const { outcomes, errors } = await undeleteAll(setting.undelete, chosen)
    assert.deepEqual([outcomes, errors], [{ revived: 1, restored: 1 }, []])
    assert.deepEqual(await setting.rowOf(refNumber(65)), left)
  })

  it('brings back what a live report names once the index was lost and rebuilt (I5, I10)', async test => {
    const setting = undeleteSetting()
    const numbers = [7, 8, 71, 9]
    const [swept, living, next, dead] = numbers.map(number => refNumber(number))
    assert.ok(swept && living && next && dead)
    for (const ref of [swept, next, dead]) await setting.plant(ref, 'swept')
    await setting.plant(living, 'archived')
    setting.index.rows.clear()
    const rebuild = { depth: 'list' as const, rebuild: true, repair: new Set<never>(), volumes: [], jobs: 1 }
    await runCheck(setting.undelete, rebuild, { ...createTallies(silent), differs: () => {} })
    assert.equal((await setting.rowOf(swept))?.state, undefined)
    const manifest = await plantReport(setting.bucket, makeReport([swept, living, next]))
    const choose = () => chooseLiving(setting.undelete, manifest, scratch(test))
    const { outcomes, errors } = await undeleteAll(setting.undelete, choose())
    assert.deepEqual([outcomes, errors], [{ restored: 2 }, []])
    for (const ref of [swept, living, next]) await assertWhole(setting, ref)
    assert.equal(await setting.bucket.head(blobKey('main', dead)), undefined)
    assert.deepEqual((await undeleteAll(setting.undelete, choose())).outcomes, {})
  })

  it('takes what is named and hidden behind the sweeper’s back, and tells of it once where there is a row', async test => {
    const setting = undeleteSetting()
    const [archived, swept] = [refNumber(7), refNumber(8)]
    await setting.plant(archived, 'archived')
    setting.bucket.mark(blobKey('main', archived))
    await setting.plant(swept, 'swept')
    const manifest = await plantReport(setting.bucket, makeReport([archived, swept]))
    const chosen: [Ref, BlobState | undefined][] = []
    for await (const { ref, row } of chooseLiving(setting.undelete, manifest, scratch(test)))
      chosen.push([ref, row?.state])
    assert.deepEqual(chosen, [
      [archived, 'archived'],
      [swept, 'swept'],
    ])
  })

  it('believes the row as it is by then, not as it was listed', async () => {
    const setting = undeleteSetting()
    await setting.plant(ref, 'swept')
    const chosen = chooseGarbage(setting.undelete, () => true)
    const first = await chosen.next()
    assert.ok(!first.done)
    await undeleteBlob(setting.undelete, ref)
    const again = (async function* () {
      yield first.value
    })()
    assert.deepEqual((await undeleteAll(setting.undelete, again)).outcomes, { 'archived before': 1 })
  })

  it('of refs that were named goes on after one that is nowhere', async () => {
    const setting = undeleteSetting()
    await setting.plant(ref, 'condemned')
    const chosen = chooseNamed(setting.undelete, [refNumber(99), ref])
    const { outcomes, errors } = await undeleteAll(setting.undelete, chosen)
    assert.deepEqual(outcomes, { revived: 1 })
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['BLOB_MISSING'],
    )
  })
})
