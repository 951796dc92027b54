import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'
import type { InventoryEntry } from '../bucket-inventory.ts'
import { NiceBlobsError } from '../model/errors.ts'
import { jsonIn } from '../model/json-in.ts'
import type { BlobBucket } from '../ports.ts'

/** Where S3 puts a bucket's inventory: `inventory` of one bucket, about another, as `<prefix>/<source>/<id>/<time>/manifest.json`. */
export interface InventoryPlace {
  readonly prefix: string
  /** The bucket that it tells of. */
  readonly source: string
}

type Records = Pick<BlobBucket, 'list' | 'get'>

const manifestSchema = z.object({
  sourceBucket: z.string(),
  fileFormat: z.literal('CSV'),
  fileSchema: z.string().transform(text => text.split(',').map(name => name.trim())),
  /** Milliseconds since 1970, as a text. */
  creationTimestamp: z.coerce.number().positive(),
  files: z.array(z.object({ key: z.string(), MD5checksum: z.string() })),
})

export type InventoryManifest = z.infer<typeof manifestSchema>

const MANIFEST = /\/\d{4}-\d\d-\d\dT\d\d-\d\dZ\/manifest\.json$/

/** The newest that is complete: S3 writes the manifest last. */
export async function readNewestManifest(
  records: Records,
  { prefix, source }: InventoryPlace,
): Promise<InventoryManifest> {
  const below = `${prefix.replace(/\/$/, '')}/${source}/`
  let newest: string | undefined
  for await (const { key } of records.list(below))
    if (MANIFEST.test(key) && timeIn(key) > timeIn(newest ?? '')) newest = key
  if (newest === undefined)
    throw new NiceBlobsError('DIRECTORY_UNREADABLE', 'no inventory has been made yet', {
      subject: below,
      hint: 'the first comes within two days of the deployment; check without --inventory meanwhile',
    })
  const parsed = manifestSchema.safeParse(jsonIn((await collect(records, newest)).toString()))
  if (parsed.success && parsed.data.sourceBucket === source) return parsed.data
  throw unreadable(newest, 'no manifest of an inventory in CSV of this bucket', parsed.error)
}

/** `2026-11-25T01-00Z`: texts of this form sort as their times. */
function timeIn(key: string): string {
  return key.split('/').at(-2) ?? ''
}

/** All versions, in no order. A file whose bytes are not those of the manifest ends it with an error. */
export async function* readEntries(
  records: Records,
  { fileSchema, files }: InventoryManifest,
): AsyncGenerator<InventoryEntry> {
  const column = (name: string) => fileSchema.indexOf(name)
  const columns = { key: column('Key'), size: column('Size') }
  const flags = { current: column('IsLatest'), marker: column('IsDeleteMarker') }
  for (const { key: file, MD5checksum } of files) {
    for await (const line of linesOf(records, file, MD5checksum)) {
      const cells = [...line.matchAll(/"([^"]*)"/g)].map(([, cell]) => cell ?? '')
      const key = cells[columns.key]
      if (key === undefined || cells.length !== fileSchema.length)
        throw unreadable(file, 'a line of it has other columns')
      const is = (at: number) => cells[at] === 'true'
      const size = Number(cells[columns.size] || 0)
      yield { key: decodeURIComponent(key), size, current: is(flags.current), marker: is(flags.marker) }
    }
  }
}

async function* linesOf(records: Records, file: string, md5: string): AsyncGenerator<string> {
  const found = await records.get(file)
  if (!found) throw unreadable(file, 'the manifest names it, and it is not there')
  const hash = createHash('md5')
  const body = Readable.from(passed(found.body, chunk => hash.update(chunk)))
  const unpacked = createGunzip()
  body.once('error', error => unpacked.destroy(error))
  yield* createInterface({ input: body.pipe(unpacked), crlfDelay: Number.POSITIVE_INFINITY })
  if (hash.digest('hex') !== md5) throw unreadable(file, 'it is not what its manifest says')
}

async function* passed(body: AsyncIterable<Uint8Array>, see: (chunk: Uint8Array) => void) {
  for await (const chunk of body) {
    see(chunk)
    yield chunk
  }
}

async function collect(records: Records, key: string): Promise<Buffer> {
  const found = await records.get(key)
  if (!found) throw unreadable(key, 'it was listed, and it is not there')
  const chunks: Uint8Array[] = []
  for await (const chunk of found.body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function unreadable(subject: string, message: string, cause?: unknown): NiceBlobsError {
  return new NiceBlobsError('FORMAT_UNKNOWN', message, {
    subject,
    hint: 'nothing was compared; check without --inventory, or wait for the next one',
    cause,
  })
}
