import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { workOff } from '../../core/condemn.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import type { GarbageMessage } from '../../core/model/garbage-message.ts'
import { blobs, type CondemnSetting, condemnSetting, policyOf } from '../flows/condemn-setting.ts'
import { scratch } from '../flows/setting.ts'
import { bound } from './bounds.ts'
import { ALIVE, ALL, DEAD, EXPECTED, plantEveryKind, rowsOf } from './condemn-scene.ts'

/** Messages come at least once, in any order, several at once. */

const RUNS = bound(6, 200)

/** Delivers until nothing is left: each message in its turn by chance, a fifth of them again later, `atOnce` together. */
async function deliverAnyhow(
  setting: CondemnSetting,
  first: readonly GarbageMessage[],
  chance: () => number,
  atOnce = 1,
): Promise<void> {
  const pool = [...first]
  while (pool.length > 0) {
    const taken = Array.from({ length: Math.min(atOnce, pool.length) }, () => {
      const [message] = pool.splice(chance() % pool.length, 1)
      if (message && chance() % 5 === 0) pool.push(message)
      return message
    })
    await Promise.all(taken.map(message => message && workOff(setting.condemner, message)))
    for (const work of setting.queue.works.splice(0)) pool.push({ what: 'shard', work })
  }
}

const anyChances = fc.infiniteStream(fc.nat())
const chanceOf = (chances: Iterator<number>) => () => chances.next().value as number

describe('messages that come in any order, and again (I8)', () => {
  it('lead to the same as each of them once, in its order', async test => {
    const directory = scratch(test)
    const plain = condemnSetting(directory, policyOf())
    await plantEveryKind(plain)
    const row = await plain.deliver(await plain.plantReport(ALIVE, 10))
    assert.equal(row?.state, 'done')
    assert.deepEqual(row.counts, EXPECTED)
    await fc.assert(
      fc.asyncProperty(anyChances, async chances => {
        const setting = condemnSetting(directory, policyOf())
        await plantEveryKind(setting)
        const message = await setting.plantReport(ALIVE, 10)
        await deliverAnyhow(setting, [message], chanceOf(chances))
        assert.deepEqual(await setting.reports.read('main', message.report), row)
        assert.deepEqual(rowsOf(setting), rowsOf(plain))
      }),
      { numRuns: RUNS },
    )
  })

  it('lead to the same blobs when several are worked off at once', async test => {
    const directory = scratch(test)
    const plain = condemnSetting(directory, policyOf())
    await plantEveryKind(plain)
    await plain.deliver(await plain.plantReport(ALIVE, 10))
    await fc.assert(
      fc.asyncProperty(anyChances, fc.integer({ min: 2, max: 8 }), async (chances, atOnce) => {
        const setting = condemnSetting(directory, policyOf())
        await plantEveryKind(setting)
        const message = await setting.plantReport(ALIVE, 10)
        await deliverAnyhow(setting, [message], chanceOf(chances), atOnce)
        assert.equal((await setting.reports.read('main', message.report))?.state, 'done')
        assert.deepEqual(rowsOf(setting), rowsOf(plain))
      }),
      { numRuns: RUNS },
    )
  })

  it('let only one of two be followed, when the one that was stored later has the earlier horizon (I4)', async test => {
    const directory = scratch(test)
    await fc.assert(
      fc.asyncProperty(anyChances, async chances => {
        const setting = condemnSetting(directory, policyOf('1', 1))
        await setting.plantRows(ALL)
        const before = await setting.plantReport(ALIVE, 20)
        setting.pass(1000)
        const restored = await setting.plantReport(ALL, 10)
        await deliverAnyhow(setting, [before, restored], chanceOf(chances))
        const rows = await setting.reports.list('main')
        assert.deepEqual(rows.map(({ state }) => state).sort(), ['done', 'refused'])
        const [followed] = rows.filter(({ state }) => state === 'done')
        const dead = followed?.report === before.report ? DEAD.length : 0
        assert.equal(setting.states().condemned ?? 0, dead)
      }),
      { numRuns: RUNS },
    )
  })

  it('condemn nothing that the later of two reports names, however both are mixed (I4)', async test => {
    const directory = scratch(test)
    await fc.assert(
      fc.asyncProperty(anyChances, fc.integer({ min: 1, max: 8 }), async (chances, atOnce) => {
        const setting = condemnSetting(directory, policyOf('1', 1))
        await setting.plantRows(ALL)
        const between = blobs(20, 15)
        await setting.plantRows(between)
        const packed = ALL.slice(80, 100)
        const messages = [
          await setting.plantReport(ALIVE, 10, { unique: '1'.repeat(16) }),
          await setting.plantReport([...ALL.slice(0, 80), ...between], 20, { unique: '2'.repeat(16) }),
        ]
        await deliverAnyhow(setting, messages, chanceOf(chances), atOnce)
        const [first, second] = await setting.reports.list('main')
        assert.ok(
          first?.state === 'done' || first?.state === 'refused' || first?.state === 'waiting',
          first?.state,
        )
        assert.equal(second?.state, 'done')
        const statesOf = async (refs: Parameters<CondemnSetting['index']['find']>[1]) =>
          new Set((await setting.index.find('main', refs)).map(found => found?.state))
        assert.deepEqual(await statesOf([...ALL.slice(0, 80), ...between]), new Set(['archived']))
        assert.deepEqual(await statesOf(DEAD), new Set(['condemned']))
        const either: (BlobRow['state'] | undefined)[] = ['archived', 'condemned']
        for (const state of await statesOf(packed)) assert.ok(either.includes(state))
      }),
      { numRuns: RUNS },
    )
  })
})
