import type { Condemner } from '../../core/condemn/condemner.ts'
import { workOff } from '../../core/condemn.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import type { GarbageMessage } from '../../core/model/garbage-message.ts'
import type { GarbagePolicy } from '../../core/model/garbage-policy.ts'
import { verdictKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import type { ReportRow } from '../../core/model/report-row.ts'
import { formatVerdict, type Verdict } from '../../core/model/verdict.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { createMemoryQueue } from '../memory/memory-queue.ts'
import { createMemoryReports } from '../memory/memory-reports.ts'
import { makeReport, plantObject, plantReport } from '../memory/plant-report.ts'
import { refNumber } from './setting.ts'

/** What the condemner is tested on: ports in memory with a clock of their own. */

export const BEGIN = Date.UTC(2026, 0, 1)

/** `0000000000000007`: of a transaction. */
export const tidNumber = (number: number): string => number.toString(16).padStart(16, '0')

export const policyOf = (generation = '1', largestShare = 0.5): GarbagePolicy => ({
  ...{ formatVersion: 1, grace: 14 * 86_400_000, largestShare, sweptPerRun: 1000 },
  databases: { main: { generation }, other: { generation } },
})

export const rowOf = (ref: Ref, more: Partial<BlobRow> = {}): BlobRow => ({
  ...{ formatVersion: 1, database: 'main', oid: ref.oid, tid: ref.tid, size: 100, sha256: 'ab'.repeat(32) },
  ...{ contentType: 'image/png', archivedAt: BEGIN, state: 'archived' },
  ...more,
})

/** Blob number n of transaction 1. */
export const blobs = (count: number, tid = 1): Ref[] =>
  Array.from({ length: count }, (_, number) => refNumber(number, tidNumber(tid)))

export type CondemnSetting = ReturnType<typeof condemnSetting>

export function condemnSetting(scratch: string, policy = policyOf()) {
  let now = BEGIN
  const bucket = createMemoryBucket({ now: () => now })
  const index = createMemoryIndex()
  const reports = createMemoryReports()
  const queue = createMemoryQueue()
  const condemner: Condemner = { bucket, index, reports, queue, policy, scratch, now: () => now }

  /** Works off a message and whatever comes of it; the last row that was decided on is the answer. */
  async function deliver(message: GarbageMessage, by = condemner): Promise<ReportRow | undefined> {
    let decided = await workOff(by, message)
    for (let work = queue.works.shift(); work; work = queue.works.shift())
      decided = (await workOff(by, { what: 'shard', work })) ?? decided
    return decided
  }

  return {
    bucket,
    index,
    reports,
    queue,
    condemner,
    deliver,
    pass(milliseconds: number) {
      now += milliseconds
    },
    async plantRows(refs: readonly Ref[], more: Partial<BlobRow> = {}) {
      for (const ref of refs) await index.insert(rowOf(ref, more))
    },
    /** Of these refs, and of one revision that is no blob, which makes the horizon. */
    async plantReport(refs: readonly Ref[], horizon: number, more: Parameters<typeof makeReport>[1] = {}) {
      const root = refNumber(0, tidNumber(horizon))
      const manifest = await plantReport(bucket, makeReport([...refs, root], more))
      return { what: 'manifest', database: manifest.database, report: manifest.report } as const
    },
    async plantVerdict({ database, report }: { database: string; report: string }, verdict: Verdict) {
      await plantObject(bucket, verdictKey(database, report), Buffer.from(formatVerdict(verdict)))
      return { what: 'verdict', database, report } as const
    },
    /** How many rows there are in each state. */
    states(): Partial<Record<BlobRow['state'], number>> {
      const states = Object.groupBy(index.rows.values(), ({ state }) => state)
      return Object.fromEntries(Object.entries(states).map(([state, rows]) => [state, rows.length]))
    },
  }
}
