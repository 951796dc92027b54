import { BlobMissing, type NiceBlobsError } from '../../core/model/errors.ts'
import { isOfTheCache, openFile } from '../read/blobs.ts'
import type { Found } from '../read/locate.ts'
import type { SignedUrl } from '../url/urls.ts'
import { type Answer, json } from './answer.ts'
import { sendFile } from './bytes.ts'
import { type Conditions, entityTag, isCurrent } from './conditions.ts'
import type { Database } from './databases.ts'
import { describe, describeUnseen, SAFE } from './describe.ts'
import type { HandOver } from './hand-over.ts'
import type { Measures } from './measures.ts'
import { keepRedirect, type Redirecting } from './redirect.ts'
import type { DeliverRequest } from './request.ts'

export interface Delivering {
  handOver: HandOver
  measures: Measures
  /** Told of trouble that a delivery has got around. */
  around(trouble: unknown): void
}

/**
 * Has the server in front send a blob to a browser: from this host's disk where it is here, from the edge where it is not,
 * and through the cache where the database has no edge or there is trouble with it.
 */
export async function deliver(
  { handOver, measures, around }: Delivering,
  database: Database,
  request: DeliverRequest,
  { range, ifNoneMatch, application }: Conditions,
): Promise<Answer> {
  const { ref } = request
  const tag = { etag: entityTag(ref), 'cache-control': 'private' }
  if (isCurrent(ifNoneMatch, tag.etag)) return { status: 304, headers: tag, body: '' }
  const here = database.find(ref)
  const signed = here ? undefined : await sign(database, request, around)
  if (signed) {
    measures.delivered(database.name, 'edge')
    return redirect(signed.url, {
      expires: signed.expires,
      isFixed: request.address === 'fixed',
      application,
    })
  }
  const found = here ?? (await bringHere(database, request, around))
  measures.delivered(database.name, found?.tier ?? 'bucket')
  const handed = found && (await handOverFile(handOver, found, request))
  if (handed) return { ...handed, headers: { ...handed.headers, ...tag } }
  return sendBytes(database, request, range, tag)
}

/** Without a URL the blob is fetched and sent from here: trouble with the edge is no trouble of the reader's. */
async function sign(
  { urls, hasEdge }: Database,
  { ref, wanted }: DeliverRequest,
  around: Delivering['around'],
): Promise<SignedUrl | undefined> {
  if (!hasEdge) return undefined
  try {
    return await urls.url(ref, wanted)
  } catch (error) {
    if (error instanceof BlobMissing) throw error
    around(error)
    return undefined
  }
}

function redirect(url: string, redirecting: Redirecting): Answer {
  const headers = { ...SAFE, location: url, 'cache-control': keepRedirect(redirecting, Date.now()) }
  return { status: 302, headers, body: '' }
}

async function bringHere(
  { blobs, find }: Database,
  { ref }: DeliverRequest,
  around: Delivering['around'],
): Promise<Found | undefined> {
  try {
    const { tier } = await blobs.locate(ref)
    const found = find(ref)
    return found && { ...found, tier }
  } catch (error) {
    if (!isOfTheCache(error)) throw error
    around(error)
    return undefined
  }
}

/** Undefined where the bytes have to go through the socket: the path is not for the server in front, or leads to nothing now. */
async function handOverFile(
  handOver: HandOver,
  { path, file: really }: Found,
  request: DeliverRequest,
): Promise<Answer | undefined> {
  const header = request.sendfile === 'off' ? undefined : handOver(path, request)
  const file = header && (await openFile(really))
  if (!file) return undefined
  try {
    return { status: 200, headers: { ...(await describe(file, request.wanted)), ...header }, body: '' }
  } finally {
    await file.close()
  }
}

async function sendBytes(
  { blobs }: Database,
  { ref, wanted }: DeliverRequest,
  range: string | undefined,
  tag: Answer['headers'],
): Promise<Answer> {
  try {
    const file = await blobs.open(ref)
    try {
      return await sendFile(file, range, { ...(await describe(file, wanted)), ...tag })
    } catch (error) {
      await file.close()
      throw error
    }
  } catch (error) {
    if (!isOfTheCache(error)) throw error
    const headers = { ...describeUnseen(wanted), ...tag }
    return { status: 200, headers, body: await blobs.stream(ref) }
  }
}

/** Goes on to a browser, and so tells neither paths nor keys. */
export function refuseDelivery(status: number, { code }: NiceBlobsError): Answer {
  const answer = json(status, { error: { code } })
  return { ...answer, headers: { ...answer.headers, ...SAFE, 'cache-control': 'no-store' } }
}
