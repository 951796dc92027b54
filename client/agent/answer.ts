import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { archiveBlob } from '../../core/archive.ts'
import { sendReport } from '../../core/live-report.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { recallBlob } from '../../core/recall.ts'
import { missing } from '../../core/receive.ts'
import { requireOwned, requireOwnUser } from '../../core/volume/volume.ts'
import { isOfTheCache } from '../read/blobs.ts'
import { parseByteRange } from './byte-range.ts'
import { chooseVolume, type Database, type Databases } from './databases.ts'
import type { Measures } from './measures.ts'
import type { BlobRequest } from './request.ts'

export interface Answer {
  status: number
  headers: Readonly<Record<string, string | number>>
  body: string | Readable
}

/** Answers what was asked about one blob, or throws. */
export async function answerBlob(
  databases: Databases,
  measures: Measures,
  request: BlobRequest,
  range: string | undefined,
): Promise<Answer> {
  const database = databases.open(request.database)
  switch (request.kind) {
    case 'path':
      return givePath(database, measures, request)
    case 'bytes':
      return giveBytes(database, request, range)
    case 'archive':
      return archive(database, request)
    case 'recall':
      return recall(database, request)
  }
}

/** Sends the live report that is the body of a request; one that breaks off sends nothing. */
export async function answerReport(
  databases: Databases,
  name: string | undefined,
  body: AsyncIterable<Uint8Array>,
): Promise<Answer> {
  const database = databases.open(name)
  if (!database.origin)
    throw readOnly(database.name, 'sends no live reports', 'it was started with --read-only')
  return json(200, await sendReport(database.origin, body))
}

export function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` }
}

async function givePath(
  { name, blobs }: Database,
  measures: Measures,
  { ref }: BlobRequest,
): Promise<Answer> {
  const { path, tier } = await blobs.locate(ref)
  measures.found(name, tier)
  return json(200, { path, tier })
}

/** Works without a cache too, though only as a whole where no disk takes the blob. */
async function giveBytes(
  { blobs }: Database,
  { ref }: BlobRequest,
  range: string | undefined,
): Promise<Answer> {
  try {
    return await sendFile(await blobs.open(ref), range)
  } catch (error) {
    if (!isOfTheCache(error)) throw error
    return { status: 200, headers: BYTES, body: await blobs.stream(ref) }
  }
}

const BYTES = { 'content-type': 'application/octet-stream' }

async function sendFile(file: FileHandle, asked: string | undefined): Promise<Answer> {
  const { size } = await file.stat()
  const range = parseByteRange(asked, size)
  const headers = { ...BYTES, 'accept-ranges': 'bytes' }
  if (range === 'unsatisfiable') {
    await file.close()
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${size}` }, body: '' }
  }
  if (range === undefined)
    return { status: 200, headers: { ...headers, 'content-length': size }, body: file.createReadStream() }
  const { start, end } = range
  const contentRange = `bytes ${start}-${end}/${size}`
  return {
    status: 206,
    headers: { ...headers, 'content-length': end - start + 1, 'content-range': contentRange },
    body: file.createReadStream({ start, end }),
  }
}

/** What a volume has under the ref, at once, whatever its age: whoever asks has the transaction in hand. */
async function archive(database: Database, { ref, volume: name }: BlobRequest): Promise<Answer> {
  const volume = chooseVolume(database, name)
  requireOwned(volume)
  if (!database.archive)
    throw readOnly(
      database.name,
      'does not archive',
      'it was started with --read-only, or the configuration names no index',
    )
  const { outcome } = await archiveBlob(database.archive, ref, volume.pathOf(ref))
  return json(200, { outcome })
}

async function recall(database: Database, { ref, volume: name }: BlobRequest): Promise<Answer> {
  const volume = chooseVolume(database, name)
  requireOwned(volume)
  requireOwnUser(volume)
  const key = blobKey(database.name, ref)
  const stored = await database.bucket.head(key)
  if (!stored) throw missing(ref, key)
  const origin = { database: database.name, bucket: database.bucket }
  const outcome = await recallBlob(origin, volume, { ref, size: stored.size }, { verify: false })
  return json(200, { outcome })
}

function readOnly(subject: string, what: string, hint: string): BlobUnavailable {
  return new BlobUnavailable('ACCESS_DENIED', `this agent ${what}`, { subject, hint })
}
