import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Versions } from '../../core/aws/s3-versions.ts'
import { workOff } from '../../core/condemn.ts'
import type { Config } from '../../core/model/config.ts'
import type { GarbagePolicy } from '../../core/model/garbage-policy.ts'
import { blobPrefix, packPrefix, parseReportKey } from '../../core/model/key.ts'
import type { ReportRow } from '../../core/model/report-row.ts'
import type { DatabaseSweep } from '../../core/model/sweep-report.ts'
import { requireManifest } from '../../core/require-report.ts'
import { createTallies, type RunSummary } from '../../core/run.ts'
import { runSweep } from '../../core/sweep.ts'
import { chooseLiving, runUndelete } from '../../core/undelete-run.ts'
import { silent } from '../flows/setting.ts'
import { createMemoryQueue } from '../memory/memory-queue.ts'
import { createMemoryReports } from '../memory/memory-reports.ts'

/** Milliseconds. */
const GRACE = 14 * 86_400_000
const LIFE = 15 * 60_000
/** What is condemned of so few blobs is much of them. */
const MOST = { grace: GRACE, largestShare: 1, sweptPerRun: 10_000 }

/** The functions of garbage collection in this process, over bucket and index of a sandbox, with a clock that tests put forward. */
export function createGarbage(scratch: string) {
  let ahead = 0
  const now = () => Date.now() + ahead
  const reports = createMemoryReports()

  function connect(config: Config) {
    const table = config.index?.table ?? ''
    const client = createDynamoClient({ ...config.index, table }, config.bucket)
    const databases = Object.entries(config.databases).map(([name, { generation }]) => [name, { generation }])
    const policy: GarbagePolicy = { formatVersion: 1, ...MOST, databases: Object.fromEntries(databases) }
    return {
      bucket: createS3Bucket(config.bucket),
      versions: createS3Versions(config.bucket),
      index: createDynamoIndex(table, client),
      reports,
      queue: createMemoryQueue(),
      ...{ policy, scratch, now },
    }
  }

  return {
    pass(milliseconds: number): void {
      ahead += milliseconds
    },

    /** Follows the reports that have come since; answers what became of each. */
    async condemn(config: Config, database: string): Promise<ReportRow[]> {
      const condemner = connect(config)
      const settled: ReportRow[] = []
      for await (const { key } of condemner.bucket.list(packPrefix(database))) {
        const named = parseReportKey(key)
        if (!named || (await condemner.reports.read(database, named.report))) continue
        await workOff(condemner, named)
        for (let work = condemner.queue.works.shift(); work; work = condemner.queue.works.shift())
          await workOff(condemner, { what: 'shard', work })
        const row = await condemner.reports.read(database, named.report)
        if (row) settled.push(row)
      }
      return settled
    },

    async sweep(config: Config): Promise<DatabaseSweep[]> {
      const { policy, ...stores } = connect(config)
      return runSweep(stores, policy, { dryRun: false, life: LIFE, scratch, now })
    },

    /** What `nice-blobs undelete --live ID` does. */
    async undelete(config: Config, database: string, report: string): Promise<RunSummary['outcomes']> {
      const { bucket, versions, index } = connect(config)
      const undelete = { ...{ database, bucket, versions, index, now }, keeping: undefined }
      const manifest = await requireManifest(bucket, database, report)
      const failures: string[] = []
      const tallies = createTallies({ ...silent, failed: error => failures.push(String(error)) })
      const chosen = chooseLiving(undelete, manifest, scratch)
      await runUndelete(undelete, chosen, { jobs: 4 }, { ...tallies, undeleted: () => {} })
      if (failures.length > 0) throw new Error(failures.join('\n'))
      return tallies.summary.outcomes
    },

    /** The keys of a database's blobs, without what all begin with. */
    async list(config: Config, database: string): Promise<string[]> {
      const keys: string[] = []
      const prefix = blobPrefix(database)
      for await (const { key } of connect(config).bucket.list(prefix)) keys.push(key.slice(prefix.length))
      return keys
    },
  }
}
