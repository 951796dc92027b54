import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Condemner } from '../../core/condemn/condemner.ts'
import { workOff } from '../../core/condemn.ts'
import { type BlobRow, shardOf } from '../../core/model/blob-row.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import type { GarbageMessage } from '../../core/model/garbage-message.ts'
import { reviveRow } from '../../core/model/gc-rules.ts'
import { isOpen, ReportRefused } from '../../core/model/judge-report.ts'
import { manifestKey } from '../../core/model/key.ts'
import type { Refusal, ReportRow } from '../../core/model/report-row.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { makeReport, plantReport } from '../memory/plant-report.ts'
import { BEGIN, blobs, condemnSetting, policyOf, tidNumber } from './condemn-setting.ts'
import { refNumber, scratch } from './setting.ts'

const ALL = blobs(200)
const [ALIVE, DEAD] = [ALL.slice(0, 150), ALL.slice(150)]
const MINUTE = 60_000
const OUTAGE = new BlobUnavailable('SERVER_UNREACHABLE', 'an outage', { subject: 'x', hint: 'none' })

const refusals = (row: ReportRow | undefined): Refusal[] => row?.reasons.map(({ refusal }) => refusal) ?? []
const condemned = (report: string, condemnedIn = '1'): Partial<BlobRow> => ({
  ...{ state: 'condemned', condemnedBy: report, condemnedIn, condemnedAt: BEGIN },
})
const EARLIER = `${tidNumber(1)}-${'0'.repeat(16)}`

describe('a live report', () => {
  it('is followed: what it does not name is condemned, and nothing else (I4)', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL)
    const young = blobs(30, 12)
    await setting.plantRows(young)
    const message = await setting.plantReport(ALIVE, 10)
    setting.pass(MINUTE)
    const row = await setting.deliver(message)
    assert.equal(row?.state, 'done')
    assert.deepEqual(row.counts, {
      ...{ alive: 150, young: 30, condemned: 50, condemnedBytes: 5000, known: 0, swept: 0 },
      ...{ revived: 0, sweptAlive: 0, contradicting: 0 },
    })
    const marks = { condemnedBy: message.report, condemnedIn: '1', condemnedAt: row.decidedAt }
    for (const [refs, expected] of [
      [ALIVE, { state: 'archived' }],
      [young, { state: 'archived' }],
      [DEAD, { state: 'condemned', ...marks }],
    ] as const)
      for (const found of await setting.index.find('main', refs)) {
        assert.ok(found)
        const { state, condemnedBy, condemnedIn, condemnedAt } = found
        assert.deepEqual({ state, ...(condemnedBy && { condemnedBy, condemnedIn, condemnedAt }) }, expected)
      }
  })

  it('leaves the grace of what was condemned before as it is, and revives what it names', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALIVE.slice(5))
    await setting.plantRows(DEAD, condemned(EARLIER))
    // Of a generation before the restore, in which they were garbage.
    await setting.plantRows(ALIVE.slice(0, 5), condemned(EARLIER, '0'))
    const row = await setting.deliver(await setting.plantReport(ALIVE, 10))
    assert.equal(row?.state, 'done')
    assert.equal(row.counts?.known, 50)
    assert.equal(row.counts?.revived, 5)
    assert.deepEqual(setting.states(), { archived: 150, condemned: 50 })
    for (const found of await setting.index.find('main', DEAD)) assert.equal(found?.condemnedBy, EARLIER)
    for (const found of await setting.index.find('main', ALIVE)) assert.equal(found?.condemnedBy, undefined)
  })

  it('condemns anew, with a new grace, what was condemned in another generation', async test => {
    const setting = condemnSetting(scratch(test), policyOf('2'))
    await setting.plantRows(ALIVE)
    await setting.plantRows(DEAD, condemned(EARLIER, '1'))
    const message = await setting.plantReport(ALIVE, 10, { generation: '2' })
    const row = await setting.deliver(message)
    assert.equal(row?.counts?.condemned, 50)
    for (const found of await setting.index.find('main', DEAD)) {
      assert.equal(found?.condemnedBy, message.report)
      assert.equal(found?.condemnedAt, row?.decidedAt)
    }
  })

  it('tells what it names and what is swept, and leaves it to a person', async test => {
    const setting = condemnSetting(scratch(test), policyOf('2'))
    await setting.plantRows(ALIVE.slice(1))
    await setting.plantRows(ALIVE.slice(0, 1), { ...condemned(EARLIER), state: 'swept', sweptAt: BEGIN })
    const row = await setting.deliver(await setting.plantReport(ALIVE, 10, { generation: '2' }))
    assert.equal(row?.state, 'done')
    assert.equal(row.counts?.sweptAlive, 1)
    assert.deepEqual(setting.states(), { archived: 149, swept: 1 })
  })

  it('touches no other database (I9)', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL)
    await setting.plantRows(ALL, { database: 'other' })
    await setting.deliver(await setting.plantReport(ALIVE, 10))
    const others = [...setting.index.rows.values()].filter(({ database }) => database === 'other')
    assert.deepEqual(new Set(others.map(({ state }) => state)), new Set(['archived']))
  })
})

describe('a live report that is not followed', () => {
  it('is refused when it is of another generation, and condemns nothing', async test => {
    const setting = condemnSetting(scratch(test), policyOf('2'))
    await setting.plantRows(ALL)
    const row = await setting.deliver(await setting.plantReport(ALIVE, 10))
    assert.equal(row?.state, 'refused')
    assert.deepEqual(refusals(row), ['other generation'])
    assert.deepEqual(setting.queue.works, [])
    assert.deepEqual(setting.states(), { archived: 200 })
  })

  it('is refused when it is of a database that is not deployed', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL, { database: 'gone' })
    const row = await setting.deliver(await setting.plantReport(ALIVE, 10, { database: 'gone' }))
    assert.equal(row?.state, 'refused')
    assert.deepEqual(refusals(row), ['foreign'])
  })

  it('is refused when it is older than the last one that was followed', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL)
    await setting.deliver(await setting.plantReport(ALIVE, 10))
    const row = await setting.deliver(await setting.plantReport(ALL, 9))
    assert.equal(row?.state, 'refused')
    assert.deepEqual(refusals(row), ['older'])
    assert.deepEqual(setting.states(), { archived: 150, condemned: 50 })
  })

  it('is refused when a later one was followed while it was counted', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL)
    const older = await setting.plantReport(ALL.slice(0, 120), 9)
    await workOff(setting.condemner, older)
    const held = setting.queue.works.splice(0)
    assert.equal((await setting.deliver(await setting.plantReport(ALIVE, 10)))?.state, 'done')
    setting.queue.works.push(...held)
    const row = await setting.deliver(older)
    assert.equal(row?.state, 'refused')
    assert.deepEqual(refusals(row), ['older'])
    assert.deepEqual(setting.states(), { archived: 150, condemned: 50 })
  })

  it('is refused when it was delayed and one that was stored later is followed, also with an earlier horizon', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL)
    const delayed = await setting.plantReport(ALIVE, 10)
    setting.pass(1000)
    assert.equal((await setting.deliver(await setting.plantReport(ALL, 9)))?.state, 'done')
    assert.deepEqual(refusals(await setting.deliver(delayed)), ['older'])
    assert.deepEqual(setting.states(), { archived: 200 })
  })

  it('is refused when its horizon is of the future, when it comes and when it is decided on (I4)', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL)
    const plantAt = async (time: number, unique: string) => {
      const root = refNumber(0, timeToTid(time))
      const report = makeReport([...ALIVE, root], { unique: unique.repeat(16) })
      const { report: id } = await plantReport(setting.bucket, report)
      return { what: 'manifest', database: 'main', report: id } as const
    }
    const first = await setting.deliver(await plantAt(BEGIN + 16 * MINUTE, 'a'))
    assert.deepEqual(refusals(first), ['future'])
    const second = await plantAt(BEGIN + 14 * MINUTE, 'b')
    const counting = await workOff(setting.condemner, second)
    assert.equal(counting?.state, 'counting')
    const { revision, storedAt } = counting
    await setting.reports.write(counting, {
      ...counting,
      ...{ revision: revision + 1, storedAt: storedAt - 2 * MINUTE },
    })
    assert.deepEqual(refusals(await setting.deliver(second)), ['future'])
    assert.deepEqual(setting.states(), { archived: 200 })
    // It is in nobody's way: neither of one that is of now, nor of sweeping after that.
    setting.pass(MINUTE)
    const next = await setting.deliver(await plantAt(BEGIN + MINUTE, 'c'))
    assert.equal(next?.state, 'done')
    const rows = await setting.reports.list('main')
    assert.deepEqual(
      rows.filter(row => isOpen(row, rows)),
      [],
    )
  })

  it('is refused when a part is missing, damaged or of another shard, with one reason for all parts', async test => {
    const { manifest, parts } = makeReport([...ALIVE, refNumber(0, tidNumber(10))])
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = parts
    const without = parts.map((part, shard) => (shard < 3 ? undefined : part))
    const swapped = parts.map((part, shard) => (shard === 0 ? second : shard === 1 ? first : part))
    for (const [planted, refusal] of [
      [without, 'incomplete'],
      [swapped, 'damaged'],
    ] as const) {
      const setting = condemnSetting(scratch(test))
      await setting.plantRows(ALL)
      await plantReport(setting.bucket, { manifest, parts: planted })
      const row = await setting.deliver({ what: 'manifest', database: 'main', report: manifest.report })
      assert.equal(row?.state, 'refused')
      assert.deepEqual(refusals(row), [refusal])
      assert.deepEqual(setting.states(), { archived: 200 })
    }
  })

  it('waits when it names nothing that the index knows', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL)
    const row = await setting.deliver(await setting.plantReport(blobs(200, 2), 10))
    assert.equal(row?.state, 'waiting')
    assert.deepEqual(refusals(row), ['unrelated', 'too much'])
    assert.deepEqual(setting.states(), { archived: 200 })
  })

  it('waits when it would condemn too large a share', async test => {
    const setting = condemnSetting(scratch(test), policyOf('1', 0.2))
    await setting.plantRows(ALL)
    const row = await setting.deliver(await setting.plantReport(ALIVE, 10))
    assert.equal(row?.state, 'waiting')
    assert.deepEqual(refusals(row), ['too much'])
    assert.equal(row.counts?.condemned, 50)
    assert.deepEqual(setting.states(), { archived: 200 })
  })

  it('waits when it names what was garbage in its generation, and changes nothing meanwhile', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALIVE.slice(1))
    await setting.plantRows(ALIVE.slice(0, 1), condemned(EARLIER))
    await setting.plantRows(DEAD)
    const row = await setting.deliver(await setting.plantReport(ALIVE, 10))
    assert.equal(row?.state, 'waiting')
    assert.deepEqual(refusals(row), ['contradicting'])
    assert.deepEqual(setting.states(), { archived: 199, condemned: 1 })
  })

  it('is told when another comes under its name, and nothing is changed', async test => {
    const setting = condemnSetting(scratch(test), policyOf('1', 0.2))
    await setting.plantRows(ALL)
    const message = await setting.plantReport(ALIVE, 10)
    const waiting = await setting.deliver(message)
    const key = manifestKey('main', message.report)
    setting.bucket.mark(key)
    await setting.plantReport(ALL, 10)
    await assert.rejects(setting.deliver(message), (error: unknown) => {
      assert.ok(error instanceof ReportRefused)
      assert.equal(error.reason.refusal, 'repeated')
      return true
    })
    assert.deepEqual(await setting.reports.read('main', message.report), waiting)
  })

  it('is refused when its manifest is another one once it is counted or followed', async test => {
    for (const phase of ['count', 'condemn'] as const) {
      const setting = condemnSetting(scratch(test))
      await setting.plantRows(ALL)
      const message = await setting.plantReport(ALIVE, 10)
      await workOff(setting.condemner, message)
      while (setting.queue.works[0]?.phase !== phase) {
        const work = setting.queue.works.shift()
        if (work) await workOff(setting.condemner, { what: 'shard', work })
      }
      const key = manifestKey('main', message.report)
      setting.bucket.mark(key)
      await setting.plantReport(ALL.slice(0, 101), 10)
      const works = setting.queue.works.splice(0)
      let row: ReportRow | undefined
      for (const work of works) row = (await workOff(setting.condemner, { what: 'shard', work })) ?? row
      assert.equal(row?.state, 'refused')
      assert.deepEqual(refusals(row), ['repeated'])
      assert.deepEqual(setting.states(), { archived: 200 })
    }
  })

  it('is followed no further once its generation has ended', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL)
    const message = await setting.plantReport(ALIVE, 10)
    await workOff(setting.condemner, message)
    for (let left = 64 + 10; left > 0; left -= 1) {
      const work = setting.queue.works.shift()
      if (work) await workOff(setting.condemner, { what: 'shard', work })
    }
    const before = setting.states()
    const later = { ...setting.condemner, policy: policyOf('2') }
    const row = await setting.deliver(message, later)
    assert.equal(row?.state, 'refused')
    assert.deepEqual(refusals(row), ['other generation'])
    assert.deepEqual(setting.states(), before)
    assert.ok((before.condemned ?? 0) > 0 && (before.condemned ?? 0) < 50)
  })

  it('is followed no further once a later one is done: what was undeleted since keeps a whole grace', async test => {
    const setting = condemnSetting(scratch(test), policyOf('1', 1))
    const [blob = assert.fail()] = DEAD
    await setting.plantRows(ALL)
    const first = await setting.plantReport(ALIVE, 10)
    await workOff(setting.condemner, first)
    let late: GarbageMessage | undefined
    for (let work = setting.queue.works.shift(); work; work = setting.queue.works.shift())
      if (work.phase === 'condemn' && work.shard === shardOf(blob)) late = { what: 'shard', work }
      else await workOff(setting.condemner, { what: 'shard', work })
    assert.ok(late)
    setting.pass(7 * 24 * 60 * MINUTE)
    assert.equal((await setting.deliver(await setting.plantReport(ALIVE, 20)))?.state, 'done')
    setting.pass(MINUTE)
    const [condemnedRow = assert.fail()] = await setting.index.find('main', [blob])
    assert.equal(condemnedRow.state, 'condemned')
    await setting.index.replace(condemnedRow, reviveRow(condemnedRow))
    const row = await setting.deliver(late)
    assert.equal(row?.state, 'refused')
    assert.deepEqual(refusals(row), ['older'])
    const [undeleted] = await setting.index.find('main', [blob])
    assert.equal(undeleted?.state, 'archived')
    const rows = await setting.reports.list('main')
    assert.deepEqual(
      rows.filter(each => isOpen(each, rows)),
      [],
    )
  })

  it('is refused for nothing that is an outage (I11)', async test => {
    const setting = condemnSetting(scratch(test))
    await setting.plantRows(ALL)
    const message = await setting.plantReport(ALIVE, 10)
    const { queue, bucket, reports, index, condemner } = setting
    const outage = () => Promise.reject(OUTAGE)
    const away: Condemner = {
      ...condemner,
      index: {
        find: outage,
        replace: outage,
        listShard: () => ({ [Symbol.asyncIterator]: () => ({ next: outage }) }),
      },
    }
    const next = (): GarbageMessage => {
      const [work] = queue.works
      return work ? { what: 'shard', work } : message
    }
    const stateOf = async () => (await reports.read('main', message.report))?.state
    /** Without each port in turn the next message is an error, and nothing is decided. */
    const failNext = async (ports: readonly { failWith(error: Error | undefined): void }[]) => {
      const state = await stateOf()
      for (const port of ports) {
        port.failWith(OUTAGE)
        await assert.rejects(workOff(condemner, next()), OUTAGE)
        port.failWith(undefined)
      }
      if (queue.works.length > 0) await assert.rejects(workOff(away, next()), OUTAGE)
      if (state) assert.equal(await stateOf(), state)
    }
    await failNext([bucket, reports, queue])
    assert.equal(await stateOf(), 'counting')
    await workOff(condemner, message)
    await failNext([bucket, reports])
    while (queue.works[0]?.phase === 'count') {
      const work = queue.works.shift()
      if (work) await workOff(condemner, { what: 'shard', work })
    }
    await failNext([bucket, reports])
    assert.equal(await stateOf(), 'condemning')
    assert.deepEqual(setting.states(), { archived: 200 })
    await setting.deliver(message)
    assert.equal(await stateOf(), 'done')
    assert.equal(index.rows.size, 200)
  })
})
