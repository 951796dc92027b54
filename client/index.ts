/** The package `nice-blobs`: blobs as local files. Archiving, recalling and the rest are commands of its command line. */
import { createS3Bucket } from '../core/aws/s3-bucket.ts'
import { loadConfig } from '../core/load-config.ts'
import type { Config } from '../core/model/config.ts'
import { openVolume } from '../core/volume/volume.ts'
import { type Blobs, createBlobs } from './read/blobs.ts'
import { createCache } from './read/cache/cache.ts'
import { refuseForeign } from './read/cache/own-directory.ts'
import { chooseDatabase, requireCache } from './settings.ts'
import type { UrlsOrigin } from './url/load-urls.ts'
import { openUrls } from './url/open-urls.ts'
import type { Urls } from './url/urls.ts'

export { BlobMissing, BlobUnavailable, type ErrorCode, NiceBlobsError } from '../core/model/errors.ts'
export { formatRef, parseRef, type Ref } from '../core/model/ref.ts'
export type { Blobs } from './read/blobs.ts'
export type { Located } from './read/locate.ts'
export type { SignedUrl, UrlRequest, Urls } from './url/urls.ts'

export interface OpenOptions {
  /** The configuration, or the path of its file; by default NICE_BLOBS_CONFIG or ./nice-blobs.config.json. */
  config?: Config | string
  /** Which database; needed where the configuration has several. */
  database?: string
  /**
   * Told of trouble that was got around, of the cache in a read or of the secret with the signing keys; by default a
   * warning of the process, once for each kind.
   */
  onCacheTrouble?: (trouble: unknown) => void
}

/** The blobs of one database: `const file = await openBlobs().open({ oid, tid })`. */
export function openBlobs(options: OpenOptions = {}): Blobs & Urls {
  const config = configOf(options)
  const cacheSettings = requireCache(config)
  refuseForeign(cacheSettings.directory)
  const origin = openOrigin(config, options)
  const cache = createCache(cacheSettings, config.bucket.name, origin.database)
  return { ...createBlobs({ ...origin, cache }), ...openUrls(origin) }
}

/** The signed URLs alone: nothing is read, so that no cache is needed. */
export function openSignedUrls(options: OpenOptions = {}): Urls {
  return openUrls(openOrigin(configOf(options), options))
}

function configOf({ config }: OpenOptions): Config {
  return typeof config === 'object' ? config : loadConfig(config)
}

function openOrigin(config: Config, { database: name, onCacheTrouble }: OpenOptions): UrlsOrigin {
  const { database, settings } = chooseDatabase(config, name)
  const volumes = Object.values(settings.volumes).map(openVolume)
  const bucket = createS3Bucket(config.bucket)
  return { config, database, volumes, bucket, tell: onCacheTrouble ?? warnOnce() }
}

function warnOnce(): (trouble: unknown) => void {
  const warned = new Set<string>()
  return trouble => {
    const { code = 'CACHE_UNUSABLE', message } = trouble as NodeJS.ErrnoException
    if (!warned.has(code)) process.emitWarning(message, { type: 'NiceBlobsWarning', code })
    warned.add(code)
  }
}
