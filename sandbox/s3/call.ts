import type { IncomingMessage } from 'node:http'
import { refuse } from './answer.ts'
import type { Bucket, StoredObject, Version } from './bucket.ts'
import { type Algorithm, algorithmOf } from './checksums.ts'

/** What an operation is about, and where. */
export interface Call {
  readonly incoming: IncomingMessage
  readonly query: URLSearchParams
  readonly bucket: Bucket
  readonly key: string
  readonly versionId: string | undefined
  readonly store: Store
  header(name: string): string | undefined
}

/** By which operation, as S3 tells it of a new object. */
export type Reason = 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload'

export interface CreatedObject {
  readonly bucket: string
  readonly version: Version
  readonly object: StoredObject
  readonly reason: Reason
}

export interface Store {
  /** For bytes that are not yet anything; emptied at every start. */
  readonly spoolDirectory: string
  bucket(name: string): Bucket
  denies(action: string, bucket: string, key: string): boolean
  /** Tells whoever wants to know. */
  created(object: CreatedObject): void
}

const KEPT_HEADERS = /^(x-amz-meta-.+|cache-control|expires|content-(type|disposition|encoding|language))$/

/** What a reader gets back as the writer sent it. */
export function attributesOf({ incoming, header }: Call) {
  const kept = Object.keys(incoming.headers).filter(name => KEPT_HEADERS.test(name))
  const headers = Object.fromEntries(kept.map(name => [name, header(name) ?? '']))
  const storageClass = header('x-amz-storage-class') ?? 'STANDARD'
  return { headers: { 'content-type': 'binary/octet-stream', ...headers }, storageClass }
}

/** By which a copy or a multipart upload is to be checked. */
export function requestedAlgorithm({ header }: Call): Algorithm | undefined {
  const name = header('x-amz-checksum-algorithm')
  return name === undefined ? undefined : algorithmOf(name)
}

/** `end` is the last byte itself. Undefined is the whole object: HTTP ignores a range that makes no sense, and S3 several ranges at once. */
export function byteRange(header: string | undefined, size: number) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start < size) return { start, end }
  const headers = { 'content-range': `bytes */${size}` }
  refuse(416, 'InvalidRange', 'There is nothing in this range', headers)
}

/** A bucket without versioning does not speak of versions. */
export function versionHeaders({ versioned }: Bucket, version: Version): Record<string, string> {
  const marker = version.object ? {} : { 'x-amz-delete-marker': 'true' }
  return versioned ? { 'x-amz-version-id': version.versionId, ...marker } : marker
}

export function divide(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
