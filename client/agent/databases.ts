import { tmpdir } from 'node:os'
import type { Archive } from '../../core/archive.ts'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import type { ReportOrigin } from '../../core/live-report.ts'
import type { Config, DatabaseConfig } from '../../core/model/config.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import type { Ref } from '../../core/model/ref.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { openVolume, type Volume } from '../../core/volume/volume.ts'
import { type Blobs, createBlobs } from '../read/blobs.ts'
import type { Cache } from '../read/cache/cache.ts'
import { type Found, locate } from '../read/locate.ts'
import { chooseDatabase, deliveryOf } from '../settings.ts'
import { openUrls } from '../url/open-urls.ts'
import type { Urls } from '../url/urls.ts'

/** One database as the agent serves it. */
export interface Database {
  readonly name: string
  readonly blobs: Blobs
  /** Where a blob is on this host; undefined where it is not. */
  find(ref: Ref): Found | undefined
  readonly urls: Urls
  /** Whether the configuration says how to make them. */
  readonly hasEdge: boolean
  readonly volumes: ReadonlyMap<string, Volume>
  readonly bucket: BlobBucket
  /** Absent where the agent only reads, or has no index. */
  readonly archive: Archive | undefined
  /** Absent where the agent only reads. */
  readonly origin: ReportOrigin | undefined
}

export interface Databases {
  /** The one named, or the only one there is. Opened at its first request, so that one broken volume stops no other. */
  open(name?: string): Database
  /** Opened anew at the next request: a volume was mounted, say, since it was looked at. */
  forget(name?: string): void
  close(): void
}

interface Parts {
  bucket: BlobBucket
  cacheOf(database: string): Cache
  readOnly: boolean
  tell(trouble: unknown): void
}

export function createDatabases(config: Config, { bucket, cacheOf, readOnly, tell }: Parts): Databases {
  const index =
    config.index && !readOnly
      ? createDynamoIndex(config.index.table, createDynamoClient(config.index, config.bucket))
      : undefined
  const opened = new Map<string, Database>()

  function openDatabase(name: string, settings: DatabaseConfig): Database {
    const volumes = new Map(
      Object.entries(settings.volumes).map(([volume, directory]) => [volume, openVolume(directory)]),
    )
    const cache = cacheOf(name)
    const all = [...volumes.values()]
    const blobs = createBlobs({ database: name, volumes: all, cache, bucket, tell })
    const urls = openUrls({ config, database: name, volumes: all, bucket, tell })
    const hasEdge = deliveryOf(settings) !== undefined
    const find = (ref: Ref) => locate(cache, all, ref, tell)
    const archive = index && { database: name, bucket, index, now: Date.now }
    const { generation } = settings
    const origin = { database: name, generation, bucket, scratch: tmpdir(), now: Date.now }
    return {
      name,
      blobs,
      find,
      urls,
      hasEdge,
      volumes,
      bucket,
      archive,
      origin: readOnly ? undefined : origin,
    }
  }

  return {
    open(wanted) {
      const { database: name, settings } = chooseDatabase(config, wanted)
      const database = opened.get(name) ?? openDatabase(name, settings)
      opened.set(name, database)
      return database
    },
    forget(wanted) {
      const { database: name } = chooseDatabase(config, wanted)
      opened.get(name)?.blobs.close()
      opened.delete(name)
    },
    close() {
      for (const { blobs } of opened.values()) blobs.close()
      opened.clear()
    },
  }
}

/** A volume by its name in the configuration, or the only one there is. */
export function chooseVolume({ name, volumes }: Database, wanted?: string): Volume {
  const only = volumes.size === 1 ? [...volumes.values()][0] : undefined
  const volume = wanted === undefined ? only : volumes.get(wanted)
  if (volume) return volume
  throw new NiceBlobsError('REQUEST_INVALID', 'which volume?', {
    subject: wanted ?? name,
    hint: `name one of those in the configuration: ${[...volumes.keys()].join(', ') || 'there is none'}`,
  })
}
