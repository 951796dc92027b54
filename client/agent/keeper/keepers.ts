import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { createDynamoFleet } from '../../../core/aws/dynamo-fleet.ts'
import { createDynamoClient, createDynamoIndex } from '../../../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../../../core/aws/s3-bucket.ts'
import type { Config } from '../../../core/model/config.ts'
import type { NiceBlobsError } from '../../../core/model/errors.ts'
import { createCache } from '../../read/cache/cache.ts'
import { cachePaths } from '../../read/cache/cache-paths.ts'
import { requireOwnDirectory } from '../../read/cache/own-directory.ts'
import { keepReadLately } from '../../read/keep-near.ts'
import { requireCache } from '../../settings.ts'
import { asError } from '../as-error.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import { type KeeperMessage, packTrouble } from './messages.ts'

export interface NamedKeeper {
  database: string
  volume: string
  keeper: Keeper
}

/** A keeper for each volume of the configuration; `tell` is told what the agent should know. */
export function createKeepers(config: Config, tell: (message: KeeperMessage) => void): NamedKeeper[] {
  const { index: indexConfig, bucket: bucketConfig } = config
  if (!indexConfig) return []
  const client = createDynamoClient(indexConfig, bucketConfig)
  const index = createDynamoIndex(indexConfig.table, client)
  const fleet = createDynamoFleet(indexConfig.table, client)
  const bucket = createS3Bucket(bucketConfig)
  const cacheConfig = requireCache(config)
  const paths = cachePaths(cacheConfig.directory)
  requireOwnDirectory(paths)
  const holder = randomUUID()
  const told = (trouble: NiceBlobsError) => tell({ kind: 'trouble', trouble: packTrouble(trouble) })

  return Object.entries(config.databases).flatMap(([database, { volumes, archive: policy }]) => {
    const evicted = (blobs: number) => tell({ kind: 'evicted', blobs })
    const cache = createCache({ ...cacheConfig, evicted }, bucketConfig.name, database)
    return Object.entries(volumes).map(([volume, directory]) => ({
      database,
      volume,
      keeper: createKeeper({
        ...{ database, volume, directory, fleet, index, bucket, holder, policy },
        host: hostname(),
        heartbeat: config.agent.heartbeat,
        clocks: { now: Date.now, monotonic: () => performance.now() },
        inventoryFile: paths.inventoryOf(database, volume),
        keepNear: keepReadLately(cache, trouble => told(asError(trouble))),
        cacheFill() {
          const bytes = cache.bytes()
          return bytes === undefined ? undefined : { bytes, limit: cacheConfig.limit }
        },
        did: (what, bytes) => tell({ kind: 'did', database, volume, what, bytes }),
        tell: told,
      }),
    }))
  })
}
