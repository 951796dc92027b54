import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { workOff } from '../../core/condemn.ts'
import { isOpen, ReportRefused } from '../../core/model/judge-report.ts'
import { manifestKey, partKey } from '../../core/model/key.ts'
import { NO_COUNTS, type Refusal, type ReportRow } from '../../core/model/report-row.ts'
import { reportOf } from '../contract/report-rows.ts'
import { BEGIN, condemnSetting, policyOf, tidNumber } from '../flows/condemn-setting.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { plantObject } from '../memory/plant-report.ts'
import { bound } from './bounds.ts'
import {
  BLOBS,
  CORRUPTIONS,
  chancesOf,
  claiming,
  DEAD,
  HORIZON,
  KNOWN,
  NAMED,
  type Stored,
  store,
  TRUE_REPORT,
} from './corruptions.ts'

/** Reports that are not what a database said: all of them are refused, and nothing is condemned (I4, I9). */

const REPORTS = bound(500, 10_000)
const SEED = 20_261_125

/** A report whose horizon is 8 was followed; it condemned what is known. */
const LAST: ReportRow = {
  ...reportOf({ database: 'main', report: `${tidNumber(8)}-${'f'.repeat(16)}` }),
  ...{ reasons: [], counts: NO_COUNTS, storedAt: BEGIN - 2, decidedAt: BEGIN - 1 },
}

async function settingOf(directory: string) {
  const setting = condemnSetting(directory, policyOf('1', 0.3))
  await setting.plantRows(BLOBS)
  const marks = { condemnedBy: LAST.report, condemnedIn: '1', condemnedAt: BEGIN }
  await setting.plantRows(KNOWN, { state: 'condemned', ...marks })
  await setting.reports.write(undefined, LAST)
  return setting
}

type Setting = Awaited<ReturnType<typeof settingOf>>

/** In place of what was stored before. */
async function deliver(
  setting: Setting,
  { report, manifest, parts }: Stored,
): Promise<ReportRow | undefined> {
  setting.bucket.versions.clear()
  setting.reports.reports.delete(`main#${report}`)
  setting.reports.shards.clear()
  for (const [shard, part] of parts.entries())
    if (part) await plantObject(setting.bucket, partKey('main', report, shard), part)
  await plantObject(setting.bucket, manifestKey('main', report), manifest)
  return setting.deliver({ what: 'manifest', database: 'main', report })
}

/** A line for each kind: what it was caught by, and how often. */
function tell(test: TestContext, caught: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
  for (const [kind, refusals] of caught)
    test.diagnostic(`${kind}: ${[...refusals].map(([refusal, count]) => `${refusal} ${count}`).join(', ')}`)
}

describe('a corrupted report', () => {
  it('differs from one that is followed', async test => {
    const setting = await settingOf(scratch(test))
    const row = await deliver(setting, store(TRUE_REPORT))
    assert.equal(row?.state, 'done')
    assert.equal(row.counts?.condemned, DEAD.length)
    assert.equal(row.counts?.known, KNOWN.length)
  })

  it('is refused or waits, and condemns nothing (I4, I9)', async test => {
    const setting = await settingOf(scratch(test))
    const before = structuredClone(setting.index.rows)
    const caught = new Map<string, Map<string, number>>()
    const kinds = Object.entries(CORRUPTIONS)
    const chance = chancesOf(SEED)
    for (let nth = 0; nth < REPORTS; nth += 1) {
      const [kind, { caughtBy, corrupt }] = kinds[nth % kinds.length] ?? assert.fail()
      const row = await deliver(setting, corrupt(chance))
      const name = `${kind}, report ${nth}: ${JSON.stringify(row?.reasons)}`
      assert.ok(row?.state === 'refused' || row?.state === 'waiting', name)
      const [reason] = row.reasons
      assert.ok(reason && reason.told.length > 0 && caughtBy.includes(reason.refusal), name)
      assert.deepEqual(setting.queue.works, [], name)
      assert.deepEqual(setting.states(), { archived: BLOBS.length, condemned: KNOWN.length }, name)
      const refusals = caught.get(kind) ?? new Map<Refusal, number>()
      caught.set(kind, refusals.set(reason.refusal, (refusals.get(reason.refusal) ?? 0) + 1))
    }
    assert.deepEqual(setting.index.rows, before)
    assert.equal(caught.size, kinds.length)
    tell(test, caught)
    test.diagnostic(`${REPORTS} reports, all refused`)
  })

  it('under the name of one that was followed is told as repeated, and changes nothing', async test => {
    const setting = await settingOf(scratch(test))
    const first = await deliver(setting, store(TRUE_REPORT))
    assert.ok(first)
    const { report } = first
    const before = structuredClone(setting.index.rows)
    const chance = chancesOf(SEED)
    for (const [kind, { corrupt }] of Object.entries(CORRUPTIONS)) {
      const stored = corrupt(chance)
      if (stored.manifest.equals(store(TRUE_REPORT).manifest)) continue
      setting.bucket.versions.clear()
      await plantObject(setting.bucket, manifestKey('main', report), stored.manifest)
      const again = workOff(setting.condemner, { what: 'manifest', database: 'main', report })
      await assert.rejects(again, (error: unknown) => {
        assert.ok(error instanceof ReportRefused, kind)
        assert.equal(error.reason.refusal, 'repeated')
        return true
      })
    }
    assert.deepEqual(await setting.reports.read('main', report), first)
    assert.deepEqual(setting.index.rows, before)
  })

  it('that lacks a few is caught by the next one, before anything of it is swept (I4)', async test => {
    const setting = await settingOf(scratch(test))
    const [lost = assert.fail()] = BLOBS.slice(7)
    const wrong = await deliver(setting, claiming(NAMED.filter(ref => ref !== lost)))
    assert.equal(wrong?.state, 'done')
    const stateOf = async () => (await setting.index.find('main', [lost]))[0]?.state
    assert.equal(await stateOf(), 'condemned')
    const next = await deliver(setting, claiming([...NAMED, refNumber(0, tidNumber(HORIZON + 1))]))
    assert.equal(next?.state, 'waiting')
    assert.equal(next.reasons[0]?.refusal, 'contradicting')
    assert.ok(isOpen(next, await setting.reports.list('main')))
    await setting.deliver(await setting.plantVerdict(next, 'approve'))
    assert.equal(await stateOf(), 'archived')
  })
})
