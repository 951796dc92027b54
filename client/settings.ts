import type { Config, DatabaseConfig } from '../core/model/config.ts'
import { NiceBlobsError } from '../core/model/errors.ts'

export function requireCache({ cache }: Config): NonNullable<Config['cache']> {
  if (cache) return cache
  throw new NiceBlobsError('CONFIG_INVALID', 'reading needs a cache directory', {
    subject: 'cache.directory',
    hint: 'name a directory on a local disk, such as /var/cache/nice-blobs',
  })
}

/** The database that was named, or the only one there is. */
export function chooseDatabase(
  config: Config,
  name?: string,
): { database: string; settings: DatabaseConfig } {
  const names = Object.keys(config.databases)
  const database = name ?? (names.length === 1 ? names[0] : undefined)
  const known = database !== undefined && Object.hasOwn(config.databases, database)
  const settings = known ? config.databases[database] : undefined
  if (database !== undefined && settings) return { database, settings }
  const message =
    name === undefined ? 'there are several databases' : `there is no database ${JSON.stringify(name)}`
  throw new NiceBlobsError('CONFIG_INVALID', message, {
    subject: 'databases',
    hint: `name one of them: ${names.join(', ')}`,
  })
}

export interface Delivery {
  edge: string
  signingKeys: string
  /** Milliseconds. */
  lifetime: number
}

/** What signed URLs need; undefined as long as the configuration does not say all of it. */
export function deliveryOf({ delivery }: DatabaseConfig): Delivery | undefined {
  if (delivery?.edge === undefined || delivery.signingKeys === undefined) return undefined
  const { edge, signingKeys, lifetime } = delivery
  return { edge, signingKeys, lifetime }
}

export function requireDelivery(config: Config, database: string): Delivery {
  const delivery = deliveryOf(chooseDatabase(config, database).settings)
  if (delivery) return delivery
  throw new NiceBlobsError('CONFIG_INVALID', 'the database has no signed URLs', {
    subject: `databases.${database}.delivery`,
    hint: 'a deployed stack names edge and signingKeys: let `nice-blobs init` write them (docs/delivery.md)',
  })
}
