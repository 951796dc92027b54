import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createDynamoReports } from '../../core/aws/dynamo-reports.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Versions } from '../../core/aws/s3-versions.ts'
import { loadConfig } from '../../core/load-config.ts'
import type { Config } from '../../core/model/config.ts'
import { noncurrentExpiry } from '../../core/model/stack-config.ts'
import type { Keeping } from '../../core/model/undelete-plan.ts'
import type { BlobBucket, ReportIndex } from '../../core/ports.ts'
import type { Undelete } from '../../core/undelete.ts'
import { chooseDatabase } from '../settings.ts'
import { requireIndex } from './connect.ts'
import type { ConfigOptions } from './options.ts'

/** What undoing needs: bucket, versions, index and reports of one database. */
export function connectUndelete(options: ConfigOptions): { undelete: Undelete; reports: ReportIndex } {
  const config = loadConfig(options.config)
  const { database } = chooseDatabase(config, options.database)
  const named = requireIndex(config)
  const client = createDynamoClient(named, config.bucket)
  const { table } = named
  const undelete = {
    database,
    bucket: createS3Bucket(config.bucket),
    versions: createS3Versions(config.bucket),
    index: createDynamoIndex(table, client),
    now: Date.now,
    keeping: keepingOf(config),
  }
  return { undelete, reports: createDynamoReports(table, client) }
}

/** What is known of live reports, of all databases of the configuration. */
export function connectReports(options: ConfigOptions): {
  reports: ReportIndex
  bucket: BlobBucket
  config: Config
} {
  const config = loadConfig(options.config)
  const named = requireIndex(config)
  const reports = createDynamoReports(named.table, createDynamoClient(named, config.bucket))
  return { reports, bucket: createS3Bucket(config.bucket), config }
}

/** Hosts are not told how long the bucket keeps what is swept. */
function keepingOf({ stack }: Config): Keeping | undefined {
  return stack && { grace: stack.garbage.grace, expiry: noncurrentExpiry(stack).bucket }
}
