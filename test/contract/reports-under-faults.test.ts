import assert from 'node:assert/strict'
import { createDynamoReports } from '../../core/aws/dynamo-reports.ts'
import type { ReportIndex } from '../../core/ports.ts'
import { newReportId, reportOf, shardRowOf, THEN } from './report-rows.ts'
import { describeUnderFaults, openTableAdapter } from './table-under-faults.ts'
import type { Call } from './through-faults.ts'

/** Under every fault the adapter of live reports ends in what is true or in an error of ours (I11). */

const adapter = await openTableAdapter(createDynamoReports)
const { truth } = adapter

const present = reportOf({ database: 'main', report: newReportId() })
const shards = [0, 17, 63].map(shard => shardRowOf(present, shard))
await truth.write(undefined, present)
for (const row of shards) await truth.writeShard(row)
await truth.writeSweepLease(undefined, { formatVersion: 1, revision: 1, until: 0 })

const fresh = () => ({ database: 'fresh', report: newReportId() })

/** Each kind of write, of a row that nobody wrote before; answers what is there then. */
const WRITES: Record<string, (reports: ReportIndex) => Promise<void>> = {
  'a new report': async reports => {
    const row = reportOf(fresh())
    assert.equal(await reports.write(undefined, row), true)
    assert.deepEqual(await truth.read(row.database, row.report), row)
  },
  'a report': async reports => {
    const row = reportOf(fresh())
    const next = { ...row, revision: 2 }
    await truth.write(undefined, row)
    assert.equal(await reports.write(row, next), true)
    assert.deepEqual(await truth.read(row.database, row.report), next)
  },
  'a shard': async reports => {
    const row = shardRowOf(fresh(), 5)
    await reports.writeShard(row)
    assert.deepEqual(await truth.readShards(row.database, row.report, 'count'), [row])
  },
  'the lease of the sweeper': async reports => {
    const before = await truth.readSweepLease()
    const next = { formatVersion: 1, revision: (before?.revision ?? 0) + 1, until: THEN } as const
    assert.equal(await reports.writeSweepLease(before, next), true)
    assert.deepEqual(await truth.readSweepLease(), next)
  },
}

const CALLS: Record<string, Call<ReportIndex>> = {
  'reading a report': {
    run: async reports => assert.deepEqual(await reports.read('main', present.report), present),
  },
  'reading nothing': {
    run: async reports => assert.equal(await reports.read('main', newReportId()), undefined),
  },
  'listing the reports': {
    run: async reports => assert.deepEqual(await reports.list('main'), [present]),
  },
  'reading the shards': {
    run: async reports => assert.deepEqual(await reports.readShards('main', present.report, 'count'), shards),
  },
  'reading the lease of the sweeper': {
    run: async reports => assert.notEqual(await reports.readSweepLease(), undefined),
  },
  'a report that somebody else has written': {
    run: async reports => assert.equal(await reports.write(undefined, present), false),
  },
  ...Object.fromEntries(Object.entries(WRITES).map(([name, run]) => [`writing ${name}`, { run }])),
}

describeUnderFaults('the adapter of live reports (I8, I11)', adapter, CALLS, WRITES)
