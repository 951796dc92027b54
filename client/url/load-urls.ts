import { createS3Beginnings } from '../../core/aws/s3-beginning.ts'
import { createSecret } from '../../core/aws/secret.ts'
import { signUrl } from '../../core/aws/sign-url.ts'
import type { Config } from '../../core/model/config.ts'
import type { BlobBucket } from '../../core/ports.ts'
import type { Volume } from '../../core/volume/volume.ts'
import type { Delivery } from '../settings.ts'
import { createArchived } from './archived.ts'
import { createKeySource } from './key-source.ts'
import { createUrlMemo } from './url-memo.ts'
import { createUrls, type Urls } from './urls.ts'

export interface UrlsOrigin {
  config: Config
  database: string
  volumes: readonly Volume[]
  bucket: BlobBucket
  /** Told of an outage of the secret that a known key has got around. */
  tell(trouble: unknown): void
}

/** Apart, so that nobody loads the signer, the client of the secret and the judging of beginnings before it asks for a URL. */
export function createSignedUrls(
  { config, database, volumes, bucket, tell }: UrlsOrigin,
  { edge, signingKeys, lifetime }: Delivery,
): Urls {
  const now = Date.now
  const secret = createSecret(signingKeys, config)
  const keys = createKeySource({ database, secret, tell, now })
  const beginnings = createS3Beginnings(config.bucket)
  const archived = createArchived({ database, volumes, bucket, beginnings, now })
  const urls = createUrls({ database, edge, lifetime, keys, archived, sign: signUrl, now })
  return createUrlMemo({ urls, keys, lifetime, now })
}
