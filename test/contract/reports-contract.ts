import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { inParallel } from '../../core/in-parallel.ts'
import { allShards } from '../../core/model/blob-row.ts'
import type { ReportRow, SweepLease } from '../../core/model/report-row.ts'
import type { ReportIndex } from '../../core/ports.ts'
import { newReportId, reportOf, shardRowOf, THEN } from './report-rows.ts'

/** The contract of the port ReportIndex; every implementation passes it. */
export function describeReportsContract(name: string, start: () => Promise<ReportIndex>): void {
  describe(`ReportIndex contract: ${name}`, async () => {
    const reports = await start()
    const database = `db${randomUUID().slice(0, 8)}`
    const newReport = (more: Partial<ReportRow> = {}) => reportOf({ database, report: newReportId() }, more)

    it('knows nothing of a report that nobody told of', async () => {
      const report = newReportId()
      assert.equal(await reports.read(database, report), undefined)
      assert.deepEqual(await reports.readShards(database, report, 'count'), [])
      assert.deepEqual(await reports.list(`${database}-none`), [])
    })

    it('gives back each row as it was written, with and without what may be left out', async () => {
      const { generation: _, revisions, counts, decidedAt, endedAt, approved, ...scant } = newReport()
      for (const row of [newReport(), scant]) {
        assert.equal(await reports.write(undefined, row), true)
        assert.deepEqual(await reports.read(database, row.report), row)
      }
      const { report } = newReport()
      const { reason: __, ...shard } = shardRowOf({ database, report }, 1)
      const rows = [shardRowOf({ database, report }, 0), shard]
      for (const row of rows) await reports.writeShard(row)
      assert.deepEqual(await reports.readShards(database, report, 'count'), rows)
    })

    it('writes a report that is still as it was, and no other', async () => {
      const first = newReport({ state: 'counting' })
      const second: ReportRow = { ...first, revision: 2, state: 'waiting' }
      assert.equal(await reports.write(first, second), false)
      assert.equal(await reports.write(undefined, first), true)
      assert.equal(await reports.write(undefined, first), false)
      assert.equal(await reports.write(first, second), true)
      assert.equal(await reports.write(first, { ...first, revision: 2, state: 'refused' }), false)
      assert.deepEqual(await reports.read(database, first.report), second)
    })

    it('answers one of those who write at once, even where they write the same', async () => {
      const row = newReport()
      assert.equal(await winners(() => reports.write(undefined, row)), 1)
      assert.equal(await winners(() => reports.write(row, { ...row, revision: 2 })), 1)
      const before = await reports.readSweepLease()
      assert.equal(await winners(() => reports.writeSweepLease(before, leaseAfter(before))), 1)
    })

    it('puts what is known of a shard in place of what was known (I8)', async () => {
      const of = { database, report: newReportId() }
      const first = shardRowOf(of, 63)
      const { reason: _, ...second } = first
      for (const row of [first, first, second]) await reports.writeShard(row)
      assert.deepEqual(await reports.readShards(database, of.report, 'count'), [second])
    })

    it('answers the shards in their order, of one phase and one report', async () => {
      const of = { database, report: newReportId() }
      const phases = ['count', 'condemn'] as const
      const rows = phases.flatMap(phase => allShards().map(shard => shardRowOf(of, shard, { phase })))
      const other = shardRowOf({ database, report: newReportId() }, 1)
      await inParallel([other, ...rows.toReversed()], 16, row => reports.writeShard(row))
      for (const phase of phases)
        assert.deepEqual(
          await reports.readShards(database, of.report, phase),
          rows.filter(row => row.phase === phase),
        )
    })

    it('lists reports by their horizons, more than fit into a page, and none of another database (I9)', async () => {
      const own = `${database}-own`
      const horizons = Array.from({ length: 2500 }, (_, number) => number.toString(16).padStart(16, '0'))
      const many = horizons.map(horizon => reportOf({ database: own, report: newReportId(horizon) }))
      await inParallel(many.toReversed(), 16, async row => {
        await reports.write(undefined, row)
      })
      for (const name of [`${own}-old`, `${own}0`])
        await reports.write(undefined, reportOf({ database: name, report: newReportId() }))
      const [first] = many
      if (first) await reports.writeShard(shardRowOf(first, 0))
      assert.deepEqual(await reports.list(own), many)
      assert.ok(JSON.stringify(many).length > 2 ** 20, 'more than a page')
    })

    it('writes the lease of the sweeper that is still as it was, and no other', async () => {
      const before = await reports.readSweepLease()
      const taken = leaseAfter(before)
      assert.equal(await reports.writeSweepLease(before, taken), true)
      assert.equal(await reports.writeSweepLease(before, { ...taken, until: 0 }), false)
      assert.deepEqual(await reports.readSweepLease(), taken)
      const ended = { ...leaseAfter(taken), until: 0 }
      assert.equal(await reports.writeSweepLease(taken, ended), true)
      assert.deepEqual(await reports.readSweepLease(), ended)
    })
  })
}

async function winners(write: () => Promise<boolean>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: 8 }, write))
  return answers.filter(answer => answer).length
}

function leaseAfter(before: SweepLease | undefined): SweepLease {
  return { formatVersion: 1, revision: (before?.revision ?? 0) + 1, until: THEN }
}
