import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { giveVerdict } from '../../core/give-verdict.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { verdictKey } from '../../core/model/key.ts'
import { NO_COUNTS, REPORT_STATES, type ReportState } from '../../core/model/report-row.ts'
import { VERDICTS, type Verdict } from '../../core/model/verdict.ts'
import { readVerdict } from '../../core/read-verdict.ts'
import { listReports, readReportStatus } from '../../core/report-status.ts'
import { reportOf, shardRowOf } from '../contract/report-rows.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryReports } from '../memory/memory-reports.ts'
import { plantObject } from '../memory/plant-report.ts'

const report = '03d167f919308700-0123456789abcdef'
const name = { database: 'main', report }
const key = verdictKey('main', report)

async function reportIn(state: ReportState) {
  const [bucket, reports] = [createMemoryBucket(), createMemoryReports()]
  await reports.write(undefined, reportOf(name, { state, storedAt: 7 }))
  const given = () => readVerdict(bucket, 'main', report)
  return {
    bucket,
    reports,
    given,
    give: (verdict: Verdict) => giveVerdict({ bucket, reports }, name, verdict),
  }
}

const OPEN: Readonly<Record<Verdict, readonly ReportState[]>> = {
  approve: ['waiting'],
  reject: ['counting', 'waiting', 'refused'],
}

describe('a verdict on a live report', () => {
  for (const state of REPORT_STATES)
    for (const verdict of VERDICTS)
      it(`is ${verdict}, of what is ${state}: ${OPEN[verdict].includes(state) ? 'given' : 'refused'}`, async () => {
        const { give, given } = await reportIn(state)
        if (OPEN[verdict].includes(state)) {
          assert.equal(await give(verdict), 'given')
          assert.equal(await given(), verdict)
        } else {
          await assert.rejects(give(verdict), { code: 'REPORT_SETTLED', message: `it is ${state}` })
          assert.equal(await given(), undefined)
        }
      })

  it('is given once: again is the same, also when it was followed, and the contrary is refused (I8)', async () => {
    const { give, given, reports } = await reportIn('waiting')
    await give('approve')
    const row = await reports.read('main', report)
    assert.ok(row && (await reports.write(row, { ...row, revision: 2, state: 'done', approved: true })))
    assert.equal(await give('approve'), 'given before')
    await assert.rejects(give('reject'), { code: 'REPORT_SETTLED', message: /decided already: approve/ })
    assert.equal(await given(), 'approve')
  })

  it('that let pass what was refused then is not taken back, and says what settles it', async () => {
    const { give, reports } = await reportIn('waiting')
    await give('approve')
    const row = await reports.read('main', report)
    assert.ok(row && (await reports.write(row, { ...row, revision: 2, state: 'refused' })))
    await assert.rejects(give('reject'), {
      code: 'REPORT_SETTLED',
      message: /approve, and it was refused since/,
      hint: /the next report that is followed settles this one/,
    })
  })

  it('is that of one of two who decide at once', async () => {
    const { bucket, reports, given } = await reportIn('waiting')
    const late = { ...bucket, get: async () => undefined }
    await giveVerdict({ bucket, reports }, name, 'reject')
    const blind = { ...bucket, get: firstOf([late.get, bucket.get]) }
    await assert.rejects(giveVerdict({ bucket: blind, reports }, name, 'approve'), { code: 'REPORT_SETTLED' })
    const again = { ...bucket, get: firstOf([late.get, bucket.get]) }
    assert.equal(await giveVerdict({ bucket: again, reports }, name, 'reject'), 'given before')
    assert.equal(await given(), 'reject')
  })

  it('may be given again after an outage whose answer was lost (I8)', async () => {
    const { bucket, reports, give } = await reportIn('waiting')
    const lost: typeof bucket.put = async (...words) => {
      await bucket.put(...words)
      throw new BlobUnavailable('SERVER_UNREACHABLE', 'outage', { subject: 'bucket', hint: 'none' })
    }
    const down = { bucket: { ...bucket, put: lost }, reports }
    await assert.rejects(giveVerdict(down, name, 'approve'), { code: 'SERVER_UNREACHABLE' })
    assert.equal(await give('approve'), 'given before')
  })

  it('on a report that nobody knows is none', async () => {
    const { bucket, reports } = await reportIn('waiting')
    for (const other of ['03d167f919308700-ffffffffffffffff', 'no-id', '../../blobs', ''])
      await assert.rejects(giveVerdict({ bucket, reports }, { ...name, report: other }, 'approve'), {
        code: 'REPORT_UNKNOWN',
      })
    await assert.rejects(giveVerdict({ bucket, reports }, { database: 'other', report }, 'approve'), {
      code: 'REPORT_UNKNOWN',
    })
    assert.equal([...bucket.versions.keys()].length, 0)
  })

  it('is refused by name where something else has its key', async () => {
    const { bucket, give } = await reportIn('waiting')
    await plantObject(bucket, key, Buffer.alloc(5_000, '{'))
    await assert.rejects(give('approve'), { code: 'FORMAT_UNKNOWN', subject: key })
  })
})

describe('what is known of live reports', () => {
  it('tells what came last first, and whether a person is waited for', async () => {
    const { reports } = await reportIn('waiting')
    const [row] = await reports.list('main')
    assert.ok(row)
    const older = { ...row, report: '03d167f919308800-0123456789abcdef', storedAt: 3, state: 'done' } as const
    await reports.write(undefined, { ...older, decidedAt: 4 })
    const listed = await listReports(reports, 'main')
    assert.deepEqual(
      listed.map(({ storedAt, open }) => [storedAt, open]),
      [
        [7, true],
        [3, false],
      ],
    )
  })

  it('sums what is counted until all of it is, and tells a verdict nobody has followed yet', async () => {
    const { bucket, reports, give } = await reportIn('waiting')
    const [row] = await reports.list('main')
    assert.ok(row)
    const { counts: _, ...uncounted } = row
    await reports.write(row, { ...uncounted, revision: 2 })
    const counts = { ...NO_COUNTS, condemned: 2, condemnedBytes: 30 }
    for (const shard of [0, 63]) await reports.writeShard(shardRowOf(name, shard, { counts }))
    await give('reject')
    const status = await readReportStatus({ bucket, reports }, 'main', report)
    assert.deepEqual([status.shards, status.verdict], [{ counted: 2, condemned: 0 }, 'reject'])
    assert.deepEqual([status.counts?.condemned, status.counts?.condemnedBytes], [4, 60])
    assert.equal(new Date(status.horizonAt).toISOString().slice(0, 4), '2019')
  })
})

/** One after the other, and the last from then on. */
function firstOf<Work extends (...words: never[]) => unknown>(works: readonly Work[]): Work {
  let calls = 0
  return ((...words: never[]) => works[Math.min(calls++, works.length - 1)]?.(...words)) as Work
}
