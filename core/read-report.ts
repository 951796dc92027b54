import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { BlobUnavailable, NiceBlobsError } from './model/errors.ts'
import { ReportRefused } from './model/judge-report.ts'
import { manifestKey, partKey } from './model/key.ts'
import { type Manifest, parseManifest, RECORD_BYTES } from './model/live-report.ts'
import type { BlobBucket, StoredBlob } from './ports.ts'
import { createNamed, type Named } from './records/named.ts'
import { openCursor } from './records/record-cursor.ts'
import { requirePart } from './records/require-part.ts'
import { withScratchFile, writeWhole } from './records/scratch-file.ts'

/** Bytes. Ours has some seven thousand; nobody shall fill our memory with another. */
const LARGEST_MANIFEST = 65_536

export interface FoundManifest {
  readonly manifest: Manifest
  readonly sha256: string
  /** By the bucket's clock, in milliseconds since 1970. */
  readonly storedAt: number
}

/** Undefined where there is none, and so no report. Throws ReportRefused for what is there and says nothing. */
export async function readManifest(
  bucket: Pick<BlobBucket, 'get'>,
  database: string,
  report: string,
): Promise<FoundManifest | undefined> {
  const key = manifestKey(database, report)
  const found = await readTwice(key, () => readText(bucket, key))
  if (!found) return undefined
  const manifest = parseOrRefuse(found.text, key)
  if (manifest.database !== database || manifest.report !== report)
    throw new ReportRefused('foreign', `it is of ${manifest.database}, ${manifest.report}`, key)
  return { manifest, sha256: found.sha256, storedAt: found.stored.lastModified }
}

/**
 * What one part of a report names, once all of it was fetched into `scratch` and is what the manifest says; throws ReportRefused
 * where it is not. In constant memory: refs have to be asked for in ascending order.
 */
export async function withPart<T>(
  bucket: Pick<BlobBucket, 'get'>,
  manifest: Manifest,
  shard: number,
  scratch: string,
  work: (named: Named) => Promise<T>,
): Promise<T> {
  const key = partKey(manifest.database, manifest.report, shard)
  const { revisions = 0, sha256 } = manifest.parts[shard] ?? {}
  const bytes = revisions * RECORD_BYTES
  return withScratchFile(scratch, async file => {
    await readTwice(key, async () => {
      const fetched = await fetchPart(bucket, key, file, bytes)
      if (fetched.size !== bytes || fetched.sha256 !== sha256) throw new OtherBytes(fetched.sha256)
    })
    await requirePart(openCursor(file.fd, 0, bytes), manifest, shard, key)
    return work(createNamed(openCursor(file.fd, 0, bytes)))
  })
}

/** What came is not what was stored: the network's fault, or the bucket's. */
class OtherBytes extends Error {
  readonly sha256: string

  constructor(sha256: string) {
    super('other bytes than were stored')
    this.sha256 = sha256
  }
}

/** Damage on the way looks like damage in the bucket at first sight, but not the same at the second (I11). */
async function readTwice<T>(key: string, read: () => Promise<T>): Promise<T> {
  return read().catch(async (first: unknown) => {
    if (!(first instanceof OtherBytes)) throw first
    return read().catch((second: unknown) => {
      if (!(second instanceof OtherBytes)) throw second
      throw second.sha256 === first.sha256
        ? new ReportRefused('damaged', 'its bytes are not those that were stored', key, first)
        : unsteady(key)
    })
  })
}

function unsteady(subject: string): BlobUnavailable {
  return new BlobUnavailable('SERVER_FAILED', 'it is another one each time it is read', {
    subject,
    hint: 'network or server spoil what they send; try again',
  })
}

async function readText(
  bucket: Pick<BlobBucket, 'get'>,
  key: string,
): Promise<{ text: string; sha256: string; stored: StoredBlob } | undefined> {
  const found = await bucket.get(key)
  if (!found) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of found.body) {
    size += chunk.length
    if (size > LARGEST_MANIFEST) throw new ReportRefused('damaged', 'its manifest is too large for one', key)
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== found.stored.sha256) throw new OtherBytes(sha256)
  return { text: bytes.toString(), sha256, stored: found.stored }
}

function parseOrRefuse(text: string, key: string): Manifest {
  try {
    return parseManifest(text, key)
  } catch (error) {
    if (!(error instanceof NiceBlobsError)) throw error
    throw new ReportRefused('damaged', error.message, key, error)
  }
}

/** Stops as soon as there are more bytes than there should be. */
async function fetchPart(
  bucket: Pick<BlobBucket, 'get'>,
  key: string,
  file: FileHandle,
  most: number,
): Promise<{ size: number; sha256: string }> {
  const found = await bucket.get(key)
  if (!found) throw new ReportRefused('incomplete', 'a part of it is not there', key)
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of found.body) {
    hash.update(chunk)
    if (size + chunk.length > most) return { size: size + chunk.length, sha256: hash.digest('hex') }
    await writeWhole(file, chunk, size)
    size += chunk.length
  }
  return { size, sha256: hash.digest('hex') }
}
