import { randomUUID } from 'node:crypto'
import { reportId } from '../../core/model/key.ts'
import { NO_COUNTS, type ReportRow, type ShardRow } from '../../core/model/report-row.ts'

/** Rows with every attribute, for tests that only change what they are about. */

interface Named {
  database: string
  report: string
}

export const THEN = 1_790_000_000_000
export const HORIZON = '03d167f919308700'

/** An id that no other report has, of that horizon. */
export const newReportId = (horizon = HORIZON): string =>
  reportId(horizon, randomUUID().replaceAll('-', '').slice(0, 16))

export const reportOf = ({ database, report }: Named, more: Partial<ReportRow> = {}): ReportRow => ({
  ...{ formatVersion: 1, database, report, revision: 1, state: 'done', generation: '1', revisions: 12_345 },
  ...{ manifestSha256: 'ab'.repeat(32), storedAt: THEN },
  reasons: [{ refusal: 'too much', told: 'condemns 7 of 8, more than 20 % of them' }],
  ...{ counts: { ...NO_COUNTS, alive: 1, condemned: 7 }, decidedAt: THEN + 1, endedAt: THEN + 2 },
  approved: true,
  ...more,
})

export const shardRowOf = (
  { database, report }: Named,
  shard: number,
  more: Partial<ShardRow> = {},
): ShardRow => ({
  ...{ formatVersion: 1, database, report, phase: 'count', shard, counts: { ...NO_COUNTS, young: shard } },
  reason: { refusal: 'damaged', told: 'other bytes than the manifest says' },
  ...more,
})
