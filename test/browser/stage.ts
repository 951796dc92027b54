import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { Browser } from 'playwright-core'
import { openBlobs, type SignedUrl, type UrlRequest, type Urls } from '../../client/index.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { signUrl, type UrlKey } from '../../core/aws/sign-url.ts'
import { generateKey } from '../../core/generate-key.ts'
import { type Config, configSchema } from '../../core/model/config.ts'
import { blobKey } from '../../core/model/key.ts'
import { MINUTE } from '../../core/model/quantity.ts'
import { formatSigningKeys } from '../../core/model/signing-keys.ts'
import type { Distribution } from '../../sandbox/edge/distribution.ts'
import { type Edge, startEdge } from '../../sandbox/edge/server.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import { Secrets } from '../../sandbox/secrets/secrets.ts'
import { startSecrets } from '../../sandbox/secrets/server.ts'
import { archiveVolume, plantVolume, refNumber } from '../flows/setting.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { startBrowser } from './browser.ts'
import { deployEdge } from './deploy-edge.ts'
import { makeFilm, makeRecording } from './media.ts'
import { type Site, startSite } from './site.ts'
import { plantUploads, type Upload } from './uploads.ts'

/** Uploads that were archived, the edge that the stack deploys in front of them, an application, and a browser. */
export interface Stage {
  readonly browser: Browser
  readonly site: Site
  readonly edge: Edge
  readonly distribution: Distribution
  /** What signs. */
  readonly key: UrlKey
  upload(name: string): Upload
  /** An application's own, for URLs that live two hours unless told otherwise. */
  openUrls(lifetime?: string): Urls
  /** Behind the back of everything that judges: stored as this type, and signed to be shown. */
  slipIn(bytes: Buffer, contentType: string): Promise<string>
  /** What the application hands out for an upload of this name. */
  link(name: string, request?: UrlRequest): Promise<SignedUrl>
}

const BUCKET = { name: 'browser-blobs', region: SANDBOX_REGION }
const SECRET = 'nice-blobs/main/url-signing-key'
/** 16 MB, far more than a browser fetches ahead. */
const RECORDING_SECONDS = 180

/** In an attribute. */
export function escapeUrl(url: string): string {
  return url.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
}

export const stage = await setStage()

async function setStage(): Promise<Stage> {
  const closing: (() => unknown)[] = []
  after(async () => {
    for (const close of closing.reverse()) await close()
  })
  const directory = mkdtempSync(join(tmpdir(), 'nice-blobs-browser-'))
  closing.push(() => rmSync(directory, { recursive: true, force: true }))
  process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

  const browser = await startBrowser()
  closing.push(() => browser.close())
  const site = await startSite()
  closing.push(site.close)
  const s3 = await startS3({ directory: join(directory, 's3'), buckets: [BUCKET.name] })
  closing.push(() => s3.close())

  const made = await generateKey('rsa', Date.now())
  const distribution = await deployEdge(directory, BUCKET, made.publicKey)
  const [keyPairId = ''] = Object.keys(distribution.publicKeys)
  const origin = { bucketEndpoint: s3.endpoint, region: SANDBOX_REGION, credentials: SANDBOX_CREDENTIALS }
  const edge = await startEdge(distribution, origin)
  closing.push(() => edge.close())

  const key = { ...made, keyPairId }
  const secrets = new Secrets()
  secrets.create(SECRET)
  secrets.put(
    SECRET,
    'browser',
    formatSigningKeys({ formatVersion: 1, database: 'main', signing: key.name, keys: [key] }),
  )
  const { endpoint, close } = await startSecrets({ secrets })
  closing.push(close)

  function configure(lifetime?: string): Config {
    return configSchema.parse({
      bucket: { ...BUCKET, endpoint: s3.endpoint, pathStyle: true },
      secrets: { endpoint },
      cache: { directory: join(directory, 'cache') },
      databases: { main: { delivery: { edge: edge.url, signingKeys: SECRET, lifetime } } },
    })
  }

  function open(lifetime?: string): Urls {
    const blobs = openBlobs({ config: configure(lifetime) })
    closing.push(() => blobs.close())
    return blobs
  }

  const volume = plantVolume(join(directory, 'volume'))
  const uploads = plantUploads(volume, {
    'recording.wav': makeRecording(RECORDING_SECONDS),
    'film.webm': await makeFilm(browser),
  })
  const bucket = createS3Bucket(configure().bucket)
  const archive = { database: 'main', bucket, index: createMemoryIndex(), now: Date.now }
  const { errors } = await archiveVolume(archive, volume)
  if (errors.length > 0) throw new AggregateError(errors, 'not everything was archived')

  let slipped = 0xff00
  const urls = open()
  const upload = (name: string): Upload => {
    const found = uploads.get(name)
    if (!found) throw new Error(`nobody has uploaded ${name}`)
    return found
  }
  return {
    ...{ browser, site, edge, distribution, key, upload },
    async slipIn(bytes, contentType) {
      slipped += 1
      const path = blobKey('main', refNumber(slipped))
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      await bucket.put(path, { size: bytes.length, sha256, contentType }, { open: () => bytes })
      const plain = `${edge.url}/${path}?response-content-disposition=inline`
      return signUrl(plain, Math.ceil(Date.now() / 1000) * 1000 + 60 * MINUTE, key)
    },
    openUrls: open,
    async link(name, request = {}) {
      const signed = await urls.url(upload(name).ref, { filename: name, ...request })
      if (!signed) throw new Error(`${name} is not archived`)
      return signed
    },
  }
}
