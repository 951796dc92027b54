import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openBlobs, type Ref, type UrlRequest, type Urls } from '../client/index.ts'
import { configSchema } from '../core/model/config.ts'
import { blobKey } from '../core/model/key.ts'
import { formatSigningKeys } from '../core/model/signing-keys.ts'
import { timeToTid } from '../core/model/tid.ts'
import type { BlobBucket } from '../core/ports.ts'
import { Secrets } from '../sandbox/secrets/secrets.ts'
import { startSecrets } from '../sandbox/secrets/server.ts'
import { startStage, WORK } from './stage.ts'

/**
 * What signed URLs cost an application: `npm run bench:urls`. A page shows 500 blobs at once, as large as a listing gets.
 * Its blobs are in the bucket only, but for those of one row. The bucket is the sandbox's, in a process of its own on this
 * machine. Nothing here decides a test.
 */

const PAGE = 500
const TID = timeToTid(Date.UTC(2026, 5, 1))
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')

const { values } = parseArgs({ options: { urls: { type: 'string', default: '1000000' } } })
const repeated = Number(values.urls)
const rows: { what: string; key: string; 'URLs/s': number; 'ms for a page': string; 'of CPU': string }[] = []

const refOf = (number: number): Ref => ({ oid: number.toString(16).padStart(16, '0'), tid: TID })
const pageOf = (page: number) => Array.from({ length: PAGE }, (_, nth) => refOf(page * PAGE + nth))

function makeKey(type: 'ec' | 'rsa'): string {
  const { privateKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { name: '0'.repeat(16), type, publicKey: 'none', createdAt: 0, keyPairId: 'K2JCJMDEHXQW5F' }
  return formatSigningKeys({
    ...{ formatVersion: 1, database: 'main', signing: key.name },
    keys: [{ ...key, privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() }],
  })
}

async function fillPage(bucket: BlobBucket, page: number): Promise<void> {
  const sha256 = createHash('sha256').update(PNG).digest('hex')
  const facts = { size: PNG.length, sha256, contentType: 'image/png' }
  for (const ref of pageOf(page)) await bucket.put(blobKey('main', ref), facts, { open: () => PNG })
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

/** The median of several pages, each of other blobs, all of whose URLs are asked for at the same time. */
async function measurePages(what: string, key: string, urls: Urls, pages: number[], request: UrlRequest) {
  const took: number[] = []
  const worked: number[] = []
  for (const page of pages) {
    const start = performance.now()
    const before = process.cpuUsage()
    const signed = await Promise.all(pageOf(page).map(ref => urls.url(ref, request)))
    took.push(performance.now() - start)
    worked.push(milliseconds(process.cpuUsage(before)))
    const wrong = signed.filter(each => each?.disposition !== (request.disposition ?? 'attachment'))
    if (wrong.length > 0) throw new Error(`${wrong.length} URLs of ${what} are others than they should be`)
  }
  addRow(what, key, median(took), median(worked))
}

/** The URLs of one page, again and again. */
async function measureRepeated(key: string, urls: Urls, request: UrlRequest) {
  const page = pageOf(1)
  const pages = Math.ceil(repeated / PAGE)
  const start = performance.now()
  const before = process.cpuUsage()
  for (let done = 0; done < pages; done += 1) for (const ref of page) await urls.url(ref, request)
  addRow('again', key, (performance.now() - start) / pages, milliseconds(process.cpuUsage(before)) / pages)
}

const milliseconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1000

function addRow(what: string, key: string, took: number, worked: number): void {
  const rate = Math.round((PAGE * 1000) / took)
  rows.push({ what, key, 'URLs/s': rate, 'ms for a page': took.toFixed(1), 'of CPU': worked.toFixed(1) })
}

const stage = await startStage()
const secrets = new Secrets()
const keeper = await startSecrets({ secrets })
try {
  const volume = join(WORK, 'volume')
  const cache = join(WORK, 'cache')
  for (const directory of [volume, cache]) mkdirSync(directory)
  writeFileSync(join(volume, '.layout'), 'bushy')
  const { bucket } = stage.archiveFor('main')
  for (const page of [30, 31, 32]) await fillPage(bucket, page)
  for (const type of ['ec', 'rsa'] as const) {
    secrets.create(type)
    secrets.put(type, type.padEnd(32, '-'), makeKey(type))
    const config = configSchema.parse({
      bucket: { name: 'bench-blobs', region: stage.region, endpoint: stage.endpoint, pathStyle: true },
      cache: { directory: cache },
      secrets: { endpoint: keeper.endpoint },
      databases: {
        main: { volumes: { volume }, delivery: { edge: 'https://edge.example', signingKeys: type } },
      },
    })
    const blobs = openBlobs({ config })
    const named = { filename: 'Zürich, am See.png' }
    await measurePages('the very first', type, blobs, [0], named)
    await measurePages('first', type, blobs, [1, 2, 3, 4, 5, 6, 7, 8, 9], named)
    await measureRepeated(type, blobs, named)
    await measurePages('first, to be shown', type, blobs, [30, 31, 32], { ...named, disposition: 'inline' })
    await measurePages('another name, to be shown', type, blobs, [30, 31, 32], {
      filename: 'a.png',
      disposition: 'inline',
    })
    blobs.close()
  }
  console.table(rows)
} finally {
  await keeper.close()
  stage.stop()
}
