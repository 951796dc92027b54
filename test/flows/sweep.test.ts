import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Ref } from '../../core/model/ref.ts'
import {
  createSweepSetting,
  DAY,
  GRACE,
  requireSwept,
  requireUntouched,
  type SweepSetting,
} from './sweep-setting.ts'

/** The sweeper over ports in memory: what it sweeps, what it leaves, and why. */

describe('the sweeper', () => {
  it('hides what has been garbage for long, and nothing else (I4, I5)', async test => {
    const setting = createSweepSetting(test)
    const [dead, alive] = [await setting.addBlob(1), await setting.addBlob(2)]
    await setting.makeDue([dead], [alive])
    const sweep = await setting.sweep()
    assert.equal(sweep.ended, 'worked off')
    assert.deepEqual(sweep.swept, { blobs: 1, bytes: 6 })
    assert.equal(sweep.awaiting, 0)
    await requireSwept(setting, dead)
    await requireUntouched(setting, alive)
    assert.equal(setting.stateOf(alive), 'archived')
    assert.deepEqual((await setting.sweep()).swept, { blobs: 0, bytes: 0 })
  })

  it('leaves what is within its grace, or named by no second report yet (I4)', async test => {
    const setting = createSweepSetting(test)
    const dead = await setting.addBlob(1)
    await setting.follow([])
    setting.time.now += GRACE + DAY
    assert.deepEqual((await setting.sweep()).verdicts, { 'not confirmed': { blobs: 1, bytes: 6 } })
    const young = await setting.addBlob(2)
    await setting.follow([])
    setting.time.now += DAY
    await setting.follow([])
    const sweep = await setting.sweep()
    assert.deepEqual(sweep.verdicts, {
      due: { blobs: 1, bytes: 6 },
      'within its grace': { blobs: 1, bytes: 6 },
    })
    assert.equal(sweep.awaiting, 1)
    await requireSwept(setting, dead)
    await requireUntouched(setting, young)
  })

  it('leaves what was condemned in another generation, and all while none of this one is done (I4)', async test => {
    const setting = createSweepSetting(test)
    const dead = await setting.addBlob(1)
    await setting.makeDue([dead])
    const policy = { ...setting.policy, databases: { main: { generation: '2' } } }
    assert.equal((await setting.sweep({ policy })).hold, 'other generation')
    setting.time.now += DAY
    await setting.addReport([], { generation: '2' })
    const sweep = await setting.sweep({ policy })
    assert.deepEqual(sweep.verdicts, { 'other generation': { blobs: 1, bytes: 6 } })
    await requireUntouched(setting, dead)
  })

  it('leaves everything while a report waits for a person or is unfinished, and says so (I4)', async test => {
    const setting = createSweepSetting(test)
    const dead = await setting.addBlob(1)
    await setting.makeDue([dead])
    setting.time.now += DAY
    const open = await setting.addReport([dead], { state: 'waiting', decidedAt: undefined } as object)
    const held = await setting.sweep()
    assert.deepEqual([held.ended, held.hold, held.reports], ['held', 'open report', [open.report]])
    assert.equal(held.openReports, 1)
    assert.equal(held.awaiting, 1)
    for (const state of ['refused', 'counting', 'condemning'] as const) {
      const before = await setting.reports.read('main', open.report)
      assert.ok(before)
      await setting.reports.write(before, { ...before, state, revision: before.revision + 1 })
      assert.equal((await setting.sweep()).ended, 'held', state)
    }
    await requireUntouched(setting, dead)
  })

  it('begins no more than its budget', async test => {
    const setting = createSweepSetting(test)
    const dead: Ref[] = []
    for (let number = 1; number <= 70; number += 1) dead.push(await setting.addBlob(number))
    await setting.makeDue(dead)
    const policy = { ...setting.policy, sweptPerRun: 40 }
    const first = await setting.sweep({ policy })
    assert.deepEqual([first.ended, first.swept.blobs, first.awaiting], ['budget spent', 40, 30])
    assert.equal(dead.filter(ref => setting.stateOf(ref) === 'swept').length, 40)
    assert.equal((await setting.sweep({ policy })).swept.blobs, 30)
    for (const ref of dead) await requireSwept(setting, ref)
  })

  it('begins nothing in the last minute of its life', async test => {
    const setting = createSweepSetting(test)
    const dead = await setting.addBlob(1)
    await setting.makeDue([dead])
    assert.equal((await setting.sweep({ life: 60_000 })).ended, 'out of time')
    await requireUntouched(setting, dead)
  })

  it('tells in a dry run what it would do, and changes nothing', async test => {
    const setting = createSweepSetting(test)
    const dead = await setting.addBlob(1)
    await setting.makeDue([dead])
    const rows = [...setting.index.rows.values()]
    const sweep = await setting.sweep({ dryRun: true })
    assert.deepEqual(sweep.verdicts, { due: { blobs: 1, bytes: 6 } })
    assert.deepEqual([...setting.index.rows.values()], rows)
    assert.equal(await setting.reports.readSweepLease(), undefined)
    await requireUntouched(setting, dead)
  })

  it('counts what is swept and named by the last report', async test => {
    const setting = createSweepSetting(test)
    const dead = await setting.addBlob(1)
    await setting.makeDue([dead])
    await setting.sweep()
    setting.time.now += DAY
    await setting.addReport([dead])
    assert.equal((await setting.sweep()).sweptAlive, 1)
  })

  it('keeps databases apart (I9)', async test => {
    const setting = createSweepSetting(test)
    const dead = await setting.addBlob(1)
    await setting.makeDue([dead])
    const databases = { other: { generation: '1' } }
    const sweep = await setting.sweep({ policy: { ...setting.policy, databases } })
    assert.deepEqual([sweep.database, sweep.hold], ['other', 'no report'])
    await requireUntouched(setting, dead)
  })

  it('lets no database always be the last, even after runs that did not end', async test => {
    for (const names of [
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]) {
      const setting = createSweepSetting(test)
      const databases = Object.fromEntries(names.map(name => [name, { generation: '1' }]))
      const policy = { ...setting.policy, databases }
      const firsts: Record<string, number> = {}
      for (let day = 0; day < 12; day += 1) {
        setting.time.now += DAY
        const [first] = await setting.run({ policy })
        assert.ok(first)
        firsts[first.database] = (firsts[first.database] ?? 0) + 1
        if (day === 5) await dieAtWork(setting)
      }
      const even = 12 / names.length
      for (const name of names) assert.ok(Math.abs((firsts[name] ?? 0) - even) <= 1, JSON.stringify(firsts))
    }
  })
})

/** A run that took the lease, and ended before it gave it back. */
async function dieAtWork({ reports, time }: SweepSetting): Promise<void> {
  const lease = await reports.readSweepLease()
  assert.ok(lease)
  time.now += DAY
  await reports.writeSweepLease(lease, { ...lease, revision: lease.revision + 1, until: time.now })
}
