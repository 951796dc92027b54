import type { Archive } from '../../core/archive.ts'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { loadConfig } from '../../core/load-config.ts'
import type { Config, DatabaseConfig } from '../../core/model/config.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import type { BlobIndex, FleetIndex } from '../../core/ports.ts'
import type { Origin } from '../../core/recall.ts'
import { chooseDatabase } from '../settings.ts'
import type { ConfigOptions } from './options.ts'

/** Commands import this file only when they run, so that `plan` and `--help` need not wait for the SDK to load. */

/** The bucket as the configuration names it, for one database. */
export function connectOrigin(options: ConfigOptions): {
  origin: Origin
  settings: DatabaseConfig
  config: Config
} {
  const config = loadConfig(options.config)
  const { database, settings } = chooseDatabase(config, options.database)
  return { origin: { database, bucket: createS3Bucket(config.bucket) }, settings, config }
}

/** Bucket and index. */
export function connectArchive(options: ConfigOptions): {
  archive: Archive
  settings: DatabaseConfig
  config: Config
} {
  const { origin, settings, config } = connectOrigin(options)
  const named = requireIndex(config)
  const index = createDynamoIndex(named.table, createDynamoClient(named, config.bucket))
  return { archive: { ...origin, index, now: Date.now }, settings, config }
}

/** The index, with what agents and the schedule tell each other there. */
export function connectFleet(options: ConfigOptions): {
  fleet: FleetIndex
  index: BlobIndex
  config: Config
} {
  const config = loadConfig(options.config)
  const index = requireIndex(config)
  const client = createDynamoClient(index, config.bucket)
  const { table } = index
  return { fleet: createDynamoFleet(table, client), index: createDynamoIndex(table, client), config }
}

export function requireIndex({ index }: Config): NonNullable<Config['index']> {
  if (index) return index
  throw new NiceBlobsError('CONFIG_INVALID', 'this needs an index', {
    subject: 'index.table',
    hint: 'name the DynamoDB table; recall and get need none',
  })
}
