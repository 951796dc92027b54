import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey, manifestKey, partKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { makeReport, plantReport } from '../memory/plant-report.ts'
import { createFailingStores, type Failure } from './failing-stores.ts'
import { refNumber } from './setting.ts'
import { createSweepSetting, DAY, LIFE, requireSwept, requireUntouched } from './sweep-setting.ts'

/** What is not as it should be, and what fails: the sweeper stops, tells, and the next run finds everything it needs. */

const outage = new BlobUnavailable('SERVER_BUSY', 'throttled', { subject: 'main', hint: 'none' })

async function oneDue(test: TestContext, options: { versioned?: boolean } = {}) {
  const setting = createSweepSetting(test, options)
  const dead = await setting.addBlob(1)
  await setting.makeDue([dead])
  return { ...setting, dead, key: blobKey('main', dead) }
}

describe('the sweeper stops at what is odd', () => {
  it('a bucket that keeps no versions, of which nothing is deleted (I5)', async test => {
    const setting = await oneDue(test, { versioned: false })
    const sweep = await setting.sweep()
    assert.deepEqual(
      sweep.oddities.map(({ oddity }) => oddity),
      ['no versions'],
    )
    assert.ok(await setting.bucket.head(setting.key))
    assert.equal(setting.stateOf(setting.dead), 'condemned')
  })

  it('an object that is not the row’s', async test => {
    const setting = await oneDue(test)
    const content = Buffer.from('somebody else’s')
    const facts = { size: content.length, sha256: 'f'.repeat(64), contentType: 'text/plain' }
    setting.bucket.add(setting.key, { facts, content })
    const sweep = await setting.sweep()
    assert.deepEqual(
      [sweep.ended, sweep.oddities],
      ['odd', [{ subject: `${setting.dead.oid}/${setting.dead.tid}`, oddity: 'another object' }]],
    )
    assert.equal((await setting.bucket.head(setting.key))?.size, content.length)
    assert.equal(setting.stateOf(setting.dead), 'condemned')
  })

  it('a marker that no run has placed', async test => {
    const setting = await oneDue(test)
    setting.bucket.mark(setting.key)
    const { oddities } = await setting.sweep()
    assert.deepEqual(
      oddities.map(({ oddity }) => oddity),
      ['no object'],
    )
    assert.equal(setting.stateOf(setting.dead), 'condemned')
  })

  it('an object that a marker does not hide, and one of which no version is left', async test => {
    for (const [oddity, versions] of [
      ['still there', { mark: async () => ({ versionId: 'm' }) }],
      ['no version left', { head: async () => undefined }],
    ] as const) {
      const setting = await oneDue(test)
      const through = { ...setting.stores, versions: { ...setting.stores.versions, ...versions } }
      const { oddities } = await setting.sweep({}, through)
      assert.deepEqual(
        oddities.map(each => each.oddity),
        [oddity],
      )
      assert.equal(setting.stateOf(setting.dead), 'sweeping')
    }
  })

  it('and begins nothing more of that database', async test => {
    const setting = createSweepSetting(test)
    const dead: Ref[] = []
    for (let number = 1; number <= 64; number += 1) dead.push(await setting.addBlob(number))
    await setting.makeDue(dead)
    setting.bucket.mark(blobKey('main', { oid: '0000000000000001', tid: dead[0]?.tid ?? '' } as Ref))
    const sweep = await setting.sweep()
    // It begins with shard 1, and each of them has one blob.
    assert.deepEqual([sweep.ended, sweep.swept.blobs, sweep.awaiting], ['odd', 0, 64])
  })

  it('a report that is not what was followed, and not at one that the bucket has forgotten', async test => {
    for (const [spoil, ended] of [
      ['manifest', 'odd'],
      ['part', 'odd'],
      ['forgotten manifest', 'held'],
      ['forgotten part', 'held'],
    ] as const) {
      const setting = await oneDue(test)
      const [latest = ''] = (await setting.sweep({ dryRun: true })).reports
      const key = spoil.includes('part') ? partKey('main', latest, 1) : manifestKey('main', latest)
      if (spoil.startsWith('forgotten')) setting.bucket.versions.delete(key)
      else setting.bucket.damage(key, Buffer.from('spoiled'))
      const sweep = await setting.sweep()
      assert.deepEqual([sweep.ended, sweep.swept.blobs], [ended, 0], spoil)
      await requireUntouched(setting, setting.dead)
    }
  })
})

describe('a report that lies in the bucket, and that the condemner has not taken up', () => {
  const unread = async (test: TestContext) => {
    const setting = await oneDue(test)
    setting.time.now += DAY
    const newest = refNumber(4095, timeToTid(setting.time.now))
    const report = makeReport([setting.dead, newest], { unique: 'f'.repeat(16) })
    const { report: id } = await plantReport(setting.bucket, report)
    return { ...setting, id }
  }

  it('holds its database, and is told, until one that came later is followed (I4)', async test => {
    const setting = await unread(test)
    const held = await setting.sweep()
    assert.deepEqual([held.ended, held.hold, held.reports], ['held', 'unread report', [setting.id]])
    await requireUntouched(setting, setting.dead)
    setting.time.now += DAY
    await setting.follow([])
    assert.equal((await setting.sweep()).ended, 'worked off')
    await requireSwept(setting, setting.dead)
  })

  it('is nothing but an outage where the bucket cannot be listed (I11)', async test => {
    const setting = await oneDue(test)
    const list = async function* () {
      yield* []
      throw outage
    }
    const bucket = { ...setting.bucket, list }
    assert.equal((await setting.sweep({}, { ...setting.stores, bucket })).ended, 'failed')
    await requireUntouched(setting, setting.dead)
  })

  it('holds nothing by its parts alone, nor one that is older, nor another database', async test => {
    const setting = await oneDue(test)
    const later = makeReport([setting.dead], { unique: 'a'.repeat(16) })
    const others = { database: 'other', unique: 'b'.repeat(16) }
    await plantReport(setting.bucket, makeReport([setting.dead], others))
    await plantReport(setting.bucket, later)
    setting.bucket.versions.delete(manifestKey('main', later.manifest.report))
    assert.equal((await setting.sweep()).ended, 'worked off')
    const older = createSweepSetting(test)
    const dead = await older.addBlob(1)
    await plantReport(older.bucket, makeReport([dead]))
    older.time.now += DAY
    await older.makeDue([dead])
    assert.equal((await older.sweep()).ended, 'worked off')
  })
})

/** Two that are due, one that lives; what is swept stays so, and nothing else is. */
async function threeBlobs(test: TestContext) {
  const setting = createSweepSetting(test)
  const dead = [await setting.addBlob(1), await setting.addBlob(2)]
  const alive = await setting.addBlob(3)
  await setting.makeDue(dead, [alive])
  const audit = async () => {
    for (const ref of dead) await requireSwept(setting, ref)
    await requireUntouched(setting, alive)
    assert.equal(setting.stateOf(alive), 'archived')
  }
  return { ...setting, audit }
}

async function countCalls(test: TestContext): Promise<number> {
  const { sweep, stores } = await threeBlobs(test)
  const failing = createFailingStores(stores)
  await sweep({}, failing.stores)
  return failing.counted.calls
}

async function* everyFailure(test: TestContext, how: Pick<Failure, 'error' | 'forGood'>) {
  const calls = await countCalls(test)
  assert.ok(calls >= 15, `${calls} calls`)
  for (const moment of ['before', 'after'] as const)
    for (let at = 1; at <= calls; at += 1) {
      const setting = await threeBlobs(test)
      const failing = createFailingStores(setting.stores, { at, moment, ...how })
      yield { ...setting, failing, which: `${moment} call ${at}` }
    }
}

it('leaves another version of the same bytes to the undelete that brought it back, and goes on (I5)', async test => {
  const setting = await oneDue(test)
  const [version] = setting.bucket.versions.get(setting.key) ?? []
  setting.bucket.add(setting.key, version?.object)
  const { changed, ended, oddities } = await setting.sweep()
  assert.deepEqual([changed, ended, oddities], [1, 'worked off', []])
  assert.ok(await setting.bucket.head(setting.key))
  assert.equal(setting.stateOf(setting.dead), 'condemned')
})

describe('the sweeper may be ended at every step', () => {
  it('by its death, and the next run ends what it began (I8)', async test => {
    const killed = { error: new Error('killed'), forGood: true }
    for await (const { run, sweep, time, failing, audit, which } of everyFailure(test, killed)) {
      await assert.rejects(run({}, failing.stores), /killed/, which)
      time.now += LIFE + DAY
      assert.equal((await sweep()).ended, 'worked off', which)
      await audit()
    }
  })

  it('by an outage, which is told, and the next run ends what it began (I8, I11)', async test => {
    const failed = { error: outage, forGood: false }
    for await (const { run, sweep, time, failing, audit, which } of everyFailure(test, failed)) {
      const told = await run({}, failing.stores).catch((error: unknown) => error)
      const [only] = Array.isArray(told) ? told : []
      assert.ok(told === outage || only?.ended === 'failed', which)
      time.now += LIFE + DAY
      assert.equal((await sweep()).ended, 'worked off', which)
      await audit()
    }
  })

  it('and a marker that was asked for without an answer keeps the next run off for a while', async test => {
    const { sweep, run, stores, time, audit } = await threeBlobs(test)
    const mark = async () => {
      throw outage
    }
    const through = { ...stores, versions: { ...stores.versions, mark } }
    assert.equal((await sweep({}, through)).uncertain, true)
    await assert.rejects(run(), { code: 'SWEEP_BUSY' })
    time.now += LIFE + 30_001
    assert.equal((await sweep()).ended, 'worked off')
    await audit()
  })
})

describe('what a run left in the middle', () => {
  const leaveInTheMiddle = async (test: TestContext, marked: boolean) => {
    const setting = await oneDue(test)
    const row = setting.rowOf(setting.dead)
    assert.ok(row)
    await setting.index.replace(row, { ...row, state: 'sweeping' })
    if (marked) setting.bucket.mark(setting.key)
    return setting
  }

  it('is ended whatever the budget, even where nothing more is swept', async test => {
    const setting = await leaveInTheMiddle(test, true)
    setting.time.now += DAY
    await setting.addReport([setting.dead], { state: 'waiting' })
    assert.equal((await setting.sweep()).hold, 'open report')
    await requireSwept(setting, setting.dead)
  })

  it('is condemned again where its marker is not placed, and is not to be by now (I4)', async test => {
    const setting = await leaveInTheMiddle(test, false)
    setting.time.now += DAY
    await setting.addReport([setting.dead], { state: 'waiting' })
    assert.equal((await setting.sweep()).takenBack, 1)
    await requireUntouched(setting, setting.dead)
    assert.equal(setting.stateOf(setting.dead), 'condemned')
    const other = await leaveInTheMiddle(test, false)
    const policy = { ...other.policy, databases: { main: { generation: '2' } } }
    await other.sweep({ policy })
    await requireUntouched(other, other.dead)
  })
})
