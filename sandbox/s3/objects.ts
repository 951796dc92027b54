import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { type Answer, refuse, xml } from './answer.ts'
import { AT_ONCE, bodyOf, type Source, spool } from './body.ts'
import type { Bucket, StoredObject } from './bucket.ts'
import {
  attributesOf,
  byteRange,
  type Call,
  divide,
  type Reason,
  requestedAlgorithm,
  type Store,
  versionHeaders,
} from './call.ts'
import { checksumElements, checksumHeaders } from './checksums.ts'
import { judgeConditions, withoutContent } from './conditions.ts'
import { customerKey, customerKeyHeaders, encryption, requireCustomerKey } from './customer-keys.ts'
import { overrides } from './overrides.ts'

export async function putObject(call: Call): Promise<Answer> {
  const { object, headers } = await writeObject(call, 'PutObject', bodyOf(call))
  return { headers: { etag: `"${object.etag}"`, ...checksumHeaders(object.checksum), ...headers } }
}

/** GET and HEAD, which differ in the bytes only. */
export function getObject(call: Call): Answer {
  const { version, object, headers } = findObject(call.store, call.bucket, call.key, call.versionId)
  requireCustomerKey(object, customerKey(call))
  const etag = `"${object.etag}"`
  const lastModified = new Date(version.lastModified).toUTCString()
  const encrypted = customerKeyHeaders(object.customerKey)
  const about = { ...object.headers, ...headers, ...encrypted, etag, 'last-modified': lastModified }
  const judged = judgeConditions(call.header, { etag, lastModified })
  if (judged === 412) refuse(412, 'PreconditionFailed', 'There is another object')
  if (judged === 304) return { status: 304, headers: withoutContent(about) }
  const range = byteRange(call.header('range'), object.size)
  const { start, end } = range ?? { start: 0, end: object.size - 1 }
  // The checksum is of the whole object: a client would hold it against the part it got.
  const withChecksum = call.header('x-amz-checksum-mode') === 'ENABLED' && !range
  const answer = {
    status: range ? 206 : 200,
    headers: {
      ...about,
      ...overrides(call.query),
      'accept-ranges': 'bytes',
      'content-length': String(end - start + 1),
      ...(object.storageClass !== 'STANDARD' && { 'x-amz-storage-class': object.storageClass }),
      ...(version.replication && { 'x-amz-replication-status': version.replication }),
      ...(range && { 'content-range': `bytes ${start}-${end}/${object.size}` }),
      ...(withChecksum && checksumHeaders(object.checksum)),
    },
  }
  if (call.incoming.method === 'HEAD') return answer
  return { ...answer, body: readBytes(call.bucket.bytesFile(version), object.size, start, end) }
}

/** What is absent already was deleted successfully, unless it had to be there. */
export function deleteObject({ bucket, key, versionId, header }: Call): Answer {
  const condition = header('if-match')
  const etag = bucket.find(key)?.object?.etag
  if (condition && etag === undefined) refuse(404, 'NoSuchKey', 'There is no object with this key')
  if (condition && condition !== '*' && condition !== `"${etag}"`)
    refuse(412, 'PreconditionFailed', 'There is another object')
  const place = bucket.versioned && versionId === undefined
  const version = place ? bucket.add(key) : bucket.remove(key, versionId)
  const told = versionId === undefined ? {} : { 'x-amz-version-id': versionId }
  return { status: 204, headers: { ...told, ...(version && versionHeaders(bucket, version)) } }
}

export async function copyObject(call: Call): Promise<Answer> {
  const from = copySource(call)
  const replace = call.header('x-amz-metadata-directive') === 'REPLACE'
  // Computed anew, as S3 does: a source that came in parts has a composite one, a copy in one piece cannot.
  const algorithm = requestedAlgorithm(call) ?? from.object.checksum?.algorithm
  const kept = replace ? {} : { headers: from.object.headers }
  const copy = await writeObject(call, 'CopyObject', { ...from.source, algorithm }, kept)
  const result = { LastModified: copy.version.lastModified, ETag: `"${copy.object.etag}"` }
  const body = xml('CopyObjectResult', { ...result, ...checksumElements(copy.object.checksum) })
  return { headers: { ...copy.headers, ...from.headers }, body }
}

/** Stores the bytes under the key of the call, as one version. */
export async function writeObject(
  call: Call,
  reason: Reason,
  source: Source,
  known: Partial<StoredObject> = {},
) {
  const { bucket, key, store } = call
  const condition = call.header('if-none-match')
  if (condition && condition !== '*') refuse(501, 'NotImplemented', 'Writes if none match but *')
  const requireAbsent = () => {
    if (condition && bucket.find(key)?.object) refuse(412, 'PreconditionFailed', 'There is such an object')
  }
  requireAbsent()
  return spool(store.spoolDirectory, source, ({ facts, saveAs }) => {
    // Once more, as another write may have been faster; from here on nothing comes between.
    requireAbsent()
    const object = { ...attributesOf(call), ...facts, ...encryption(call), ...known }
    const version = bucket.add(key, object, saveAs)
    store.created({ bucket: bucket.name, version, object, reason })
    const encrypted = customerKeyHeaders(object.customerKey)
    return { version, object, headers: { ...versionHeaders(bucket, version), ...encrypted } }
  })
}

/** `/bucket/a%20key?versionId=…`, with or without the first slash, or a range of it. */
export function copySource({ header, store }: Call) {
  for (const name of ['none-match', 'modified-since', 'unmodified-since'])
    if (header(`x-amz-copy-source-if-${name}`)) refuse(501, 'NotImplemented', `Copies if ${name}`)
  const [path, query] = divide(header('x-amz-copy-source') ?? '', '?')
  const [name, key] = divide(decodeURIComponent(path).replace(/^\//, ''), '/')
  const versionId = new URLSearchParams(query).get('versionId') ?? undefined
  if (store.denies('GetObject', name, key)) refuse(403, 'AccessDenied', 'Access Denied')
  const bucket = store.bucket(name)
  const marked = versionId && bucket.find(key, versionId)
  if (marked && !marked.object) refuse(400, 'InvalidRequest', 'The source of a copy is a delete marker')
  const { version, object } = findObject(store, bucket, key, versionId)
  requireCustomerKey(object, customerKey({ header }, 'source'))
  const condition = header('x-amz-copy-source-if-match')
  if (condition !== undefined && condition !== '*' && condition !== `"${object.etag}"`)
    refuse(412, 'PreconditionFailed', 'The source is another object')
  const wanted = header('x-amz-copy-source-range')
  const { start, end } = byteRange(wanted, object.size) ?? { start: 0, end: object.size - 1 }
  // A reader gets what there is of its range; a copy takes it literally.
  if (wanted !== undefined && wanted !== `bytes=${start}-${end}`)
    refuse(400, 'InvalidArgument', `Range ${wanted} is not valid for this source`)
  const bytes = readBytes(bucket.bytesFile(version), object.size, start, end)
  const source = { bytes: Buffer.isBuffer(bytes) ? [bytes] : bytes, size: end - start + 1 }
  const { 'x-amz-version-id': from } = versionHeaders(bucket, version)
  return { object, source, headers: { ...(from && { 'x-amz-copy-source-version-id': from }) } }
}

/** The current object, or that of a version. */
function findObject(store: Store, bucket: Bucket, key: string, versionId: string | undefined) {
  const version = bucket.find(key, versionId)
  const headers = version ? versionHeaders(bucket, version) : {}
  if (version?.object) return { version, object: version.object, headers }
  const allow = { ...headers, allow: 'DELETE' }
  if (version && versionId) refuse(405, 'MethodNotAllowed', 'A delete marker has no bytes', allow)
  if (versionId) refuse(404, 'NoSuchVersion', 'There is no such version')
  // Who may not list is not told what is missing.
  if (store.denies('ListObjectsV2', bucket.name, '')) refuse(403, 'AccessDenied', 'Access Denied')
  return refuse(404, 'NoSuchKey', 'There is no object with this key', headers)
}

/** Opened at once: they can be read to their end, even when the version is deleted meanwhile. */
function readBytes(file: string, wholeSize: number, start: number, end: number) {
  const fd = openSync(file, 'r')
  const { size } = fstatSync(fd)
  if (size === wholeSize && end - start >= AT_ONCE)
    return createReadStream('', { fd, start, end, highWaterMark: AT_ONCE })
  const bytes = Buffer.alloc(Math.min(end - start + 1, AT_ONCE))
  readSync(fd, bytes, { position: start })
  closeSync(fd)
  if (size === wholeSize) return bytes
  refuse(500, 'InternalError', `${size} bytes are left of the ${wholeSize} of this object`)
}
