import { type Answer, elements, refuse, xml } from './answer.ts'
import { sequenceOf, type Version } from './bucket.ts'
import type { Call } from './call.ts'
import { keysFrom } from './key-order.ts'

const LARGEST_PAGE = 1000

export function listObjects({ bucket, query }: Call): Answer {
  if (query.get('list-type') !== '2') refuse(501, 'NotImplemented', 'Listings of version 1')
  const prefix = query.get('prefix') ?? ''
  const token = query.get('continuation-token') ?? undefined
  const after = Buffer.from(token ?? '', 'base64url').toString()
  const { page, last } = takePage(query, function* () {
    for (const key of keysFrom(bucket.keys, after, prefix)) {
      const latest = bucket.find(key)
      if (latest?.object && key !== after) yield latest
    }
  })
  const next = last && Buffer.from(last.key).toString('base64url')
  const encoding = query.get('encoding-type') ?? undefined
  const told = encoding === 'url' ? encoded : (text: string) => text
  const counts = { KeyCount: page.length, IsTruncated: last !== undefined, EncodingType: encoding }
  const head = { Name: bucket.name, Prefix: told(prefix), ...counts }
  const tokens = { ContinuationToken: token, NextContinuationToken: next }
  const contents = page.map(({ key, ...version }) => element('Contents', { Key: told(key) }, version))
  return { body: xml('ListBucketResult', { ...head, ...tokens }, contents) }
}

/** As in a form: a space is a plus. */
function encoded(text: string): string {
  return text.split('/').map(encodeURIComponent).join('/').replaceAll('%20', '+')
}

export function listObjectVersions({ bucket, query }: Call): Answer {
  const prefix = query.get('prefix') ?? ''
  const marker = query.get('key-marker') ?? ''
  const before = sequenceOf(query.get('version-id-marker') || 'null')
  const { page, last } = takePage(query, function* () {
    for (const key of keysFrom(bucket.keys, marker, prefix)) {
      for (const version of bucket.versions(key))
        if (key !== marker || version.sequence < before) yield version
    }
  })
  const head = { Name: bucket.name, Prefix: prefix, KeyMarker: marker, IsTruncated: last !== undefined }
  const next = { NextKeyMarker: last?.key, NextVersionIdMarker: last?.versionId }
  const versions = page.map(version => {
    const { key, versionId, object } = version
    const place = { Key: key, VersionId: versionId, IsLatest: version === bucket.find(key) }
    return element(object ? 'Version' : 'DeleteMarker', place, version)
  })
  return { body: xml('ListVersionsResult', { ...head, ...next }, versions) }
}

/** `last` only when there are more: looking one further tells. */
function takePage(query: URLSearchParams, versions: () => Iterable<Version>) {
  const wanted = query.get('max-keys') ?? String(LARGEST_PAGE)
  if (!/^\d{1,9}$/.test(wanted)) refuse(400, 'InvalidArgument', `max-keys cannot be ${wanted}`)
  const size = Math.min(Number(wanted), LARGEST_PAGE)
  const page: Version[] = []
  for (const version of versions()) {
    if (page.length === size) return { page, last: page.at(-1) }
    page.push(version)
  }
  return { page, last: undefined }
}

function element(
  name: string,
  place: Record<string, string | boolean>,
  version: Pick<Version, 'lastModified' | 'object'>,
): string {
  const { lastModified: LastModified, object } = version
  const content = object && { ETag: `"${object.etag}"`, Size: object.size, StorageClass: object.storageClass }
  return `<${name}>${elements({ ...place, LastModified, ...content })}</${name}>`
}
