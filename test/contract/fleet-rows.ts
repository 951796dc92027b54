import { AGE_EDGES, SIZE_EDGES } from '../../core/model/volume-histogram.ts'
import type { LeaseRow, OrderRow, SummaryRow } from '../../core/model/volume-row.ts'

/** Rows with every attribute, for tests that only change what they are about. */

export interface Named {
  database: string
  volume: string
}

export const DAY = 86_400_000
export const THEN = 1_790_000_000_000
const NOTHING = { blobs: 0, bytes: 0 }

export const leaseOf = (of: Named, more: Partial<LeaseRow> = {}): LeaseRow => ({
  ...{ formatVersion: 1, ...of, revision: 1, term: 1, holder: 'app1/4242/c0ffee', host: 'app1' },
  ...{
    identity: '2049:131',
    heartbeatAt: THEN,
    heartbeat: 60_000,
    workedAt: more.heartbeatAt ?? THEN,
    spent: { run: THEN, blobs: 3, bytes: 4096 },
  },
  ...more,
})

export const summaryOf = (of: Named, more: Partial<SummaryRow> = {}): SummaryRow => ({
  ...{ formatVersion: 1, ...of, term: 1, madeAt: THEN },
  waiting: {
    ages: AGE_EDGES.map(days => days * DAY),
    sizes: [...SIZE_EDGES],
    cells: [
      [0, 3, 12, 345_678],
      [4, 18, 1, 2 ** 31],
    ],
  },
  ...{ oldestWaiting: THEN - 31 * DAY, archived: { blobs: 7, bytes: 70_000 }, left: NOTHING },
  ...{ disk: { size: 1e12, free: 3e11 }, cache: { bytes: 1e9, limit: 1e10 } },
  lately: { since: THEN - DAY, archived: { blobs: 10, bytes: 1e6 }, released: NOTHING },
  ...more,
})

export const orderOf = (of: Named, more: Partial<OrderRow> = {}): OrderRow => ({
  ...{ formatVersion: 1, ...of, run: THEN, issuedAt: THEN + 5, validFor: 7_200_000 },
  archive: { minAge: DAY, minSize: 0, quiet: 900_000, allowEmpty: false },
  release: { delay: 7 * DAY, replicated: true },
  budget: { blobs: 1000, bytes: 1e9 },
  ...more,
})
