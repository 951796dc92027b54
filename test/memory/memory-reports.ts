import {
  parseReportRow,
  type ReportRow,
  type ShardRow,
  type SweepLease,
  shardSortKey,
} from '../../core/model/report-row.ts'
import type { ReportIndex } from '../../core/ports.ts'

export type MemoryReports = ReportIndex & {
  /** By database and report. */
  readonly reports: Map<string, ReportRow>
  /** By database, report, phase and shard. */
  readonly shards: Map<string, ShardRow>
  /** Every call fails with it, until it is taken back. */
  failWith(error: Error | undefined): void
}

/** What garbage collection knows of live reports, in memory: the oracle for every other one. */
export function createMemoryReports(): MemoryReports {
  const reports = new Map<string, ReportRow>()
  const shards = new Map<string, ShardRow>()
  let sweepLease: SweepLease | undefined
  let failure: Error | undefined
  const work = () => {
    if (failure) throw failure
  }

  return {
    reports,
    shards,
    failWith(error) {
      failure = error
    },
    async read(database, report) {
      work()
      return reports.get(`${database}#${report}`)
    },
    async list(database) {
      work()
      return byKey(reports).filter(row => row.database === database)
    },
    async write(before, after) {
      work()
      const name = `${after.database}#${after.report}`
      if (reports.get(name)?.revision !== before?.revision) return false
      reports.set(name, parseReportRow('report', after, name))
      return true
    },
    async readShards(database, report, phase) {
      work()
      return byKey(shards).filter(
        row => row.database === database && row.report === report && row.phase === phase,
      )
    },
    async writeShard(row) {
      work()
      const name = `${row.database}#${row.report}#${shardSortKey(row)}`
      shards.set(name, parseReportRow('shard', row, name))
    },
    async readSweepLease() {
      work()
      return sweepLease
    },
    async writeSweepLease(before, after) {
      work()
      if (sweepLease?.revision !== before?.revision) return false
      sweepLease = { ...after }
      return true
    },
  }
}

function byKey<Row>(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}
