import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { workOff } from '../../core/condemn.ts'
import { verdictKey } from '../../core/model/key.ts'
import { plantObject } from '../memory/plant-report.ts'
import { blobs, condemnSetting, policyOf } from './condemn-setting.ts'
import { scratch } from './setting.ts'

const ALL = blobs(200)
const ALIVE = ALL.slice(0, 150)

/** A report that waits, since it condemns more than a fifth. */
async function waiting(test: TestContext) {
  const setting = condemnSetting(scratch(test), policyOf('1', 0.2))
  await setting.plantRows(ALL)
  const message = await setting.plantReport(ALIVE, 10)
  const row = await setting.deliver(message)
  assert.equal(row?.state, 'waiting')
  return { setting, message, row }
}

describe('a verdict on a live report', () => {
  it('lets it be followed, and its grace begins with the verdict', async test => {
    const { setting, message } = await waiting(test)
    setting.pass(86_400_000)
    const row = await setting.deliver(await setting.plantVerdict(message, 'approve'))
    assert.equal(row?.state, 'done')
    assert.equal(row.approved, true)
    assert.equal(row.decidedAt, setting.condemner.now())
    assert.deepEqual(
      row.reasons.map(({ refusal }) => refusal),
      ['too much'],
    )
    assert.deepEqual(setting.states(), { archived: 150, condemned: 50 })
  })

  it('rejects it for good', async test => {
    const { setting, message } = await waiting(test)
    const verdict = await setting.plantVerdict(message, 'reject')
    assert.equal((await setting.deliver(verdict))?.state, 'rejected')
    for (const again of [verdict, message]) assert.equal(await setting.deliver(again), undefined)
    assert.deepEqual(setting.states(), { archived: 200 })
  })

  it('rejects also what is refused, or counted still, so that nobody waits for it any longer', async test => {
    const refused = condemnSetting(scratch(test), policyOf('2'))
    const message = await refused.plantReport(ALIVE, 10)
    assert.equal((await refused.deliver(message))?.state, 'refused')
    assert.equal((await refused.deliver(await refused.plantVerdict(message, 'reject')))?.state, 'rejected')
    const counting = condemnSetting(scratch(test))
    await counting.plantRows(ALL)
    await workOff(counting.condemner, await counting.plantReport(ALIVE, 10))
    const row = await counting.deliver(await counting.plantVerdict(message, 'reject'))
    assert.equal(row?.state, 'rejected')
    assert.deepEqual(counting.states(), { archived: 200 })
  })

  it('follows nothing that is refused, whoever approves', async test => {
    const setting = condemnSetting(scratch(test), policyOf('2'))
    await setting.plantRows(ALL)
    const message = await setting.plantReport(ALIVE, 10)
    await setting.deliver(message)
    assert.equal(await setting.deliver(await setting.plantVerdict(message, 'approve')), undefined)
    assert.equal((await setting.reports.read('main', message.report))?.state, 'refused')
    assert.deepEqual(setting.states(), { archived: 200 })
  })

  it('refuses what has become older, or of another generation, since it waits', async test => {
    const older = await waiting(test)
    const later = await older.setting.plantReport(ALL, 11)
    assert.equal((await older.setting.deliver(later))?.state, 'done')
    const row = await older.setting.deliver(await older.setting.plantVerdict(older.message, 'approve'))
    assert.equal(row?.state, 'refused')
    assert.equal(row.reasons[0]?.refusal, 'older')

    const left = await waiting(test)
    const deployed = { ...left.setting.condemner, policy: policyOf('2', 0.2) }
    const verdict = await left.setting.plantVerdict(left.message, 'approve')
    const refused = await left.setting.deliver(verdict, deployed)
    assert.equal(refused?.reasons[0]?.refusal, 'other generation')
    for (const { setting } of [older, left]) assert.deepEqual(setting.states(), { archived: 200 })
  })

  it('refuses what came before one that was followed since, whatever their horizons say (I4)', async test => {
    const { setting, message } = await waiting(test)
    setting.pass(1000)
    // A backup was restored, and nobody told of it: its last transaction is from before.
    assert.equal((await setting.deliver(await setting.plantReport(ALL, 8)))?.state, 'done')
    const row = await setting.deliver(await setting.plantVerdict(message, 'approve'))
    assert.equal(row?.state, 'refused')
    assert.deepEqual(
      row.reasons.map(({ refusal }) => refusal),
      ['older'],
    )
    assert.deepEqual(setting.states(), { archived: 200 })
  })

  it('says nothing about what is followed already, or unknown', async test => {
    const { setting, message } = await waiting(test)
    const done = await setting.deliver(await setting.plantReport(ALL, 11))
    assert.equal(done?.state, 'done')
    assert.equal(await setting.deliver(await setting.plantVerdict(done, 'reject')), undefined)
    assert.equal(
      await setting.deliver({ what: 'verdict', database: 'main', report: message.report }),
      undefined,
    )
    const unknown = { database: 'other', report: message.report }
    assert.equal(await setting.deliver(await setting.plantVerdict(unknown, 'approve')), undefined)
  })

  it('is an error when it cannot be read, and the report goes on waiting', async test => {
    const { setting, message, row } = await waiting(test)
    const { database, report } = message
    const verdict = { ...message, what: 'verdict' } as const
    for (const text of ['{"formatVersion":2,"verdict":"approve"}', 'approve', ' '.repeat(5000)]) {
      await plantObject(setting.bucket, verdictKey(database, report), Buffer.from(text))
      await assert.rejects(setting.deliver(verdict), { code: 'FORMAT_UNKNOWN' })
      setting.bucket.mark(verdictKey(database, report))
    }
    assert.deepEqual(await setting.reports.read(database, report), row)
  })
})
