import {
  type DeleteMarkerEntry,
  type ObjectVersion as ListedVersion,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { ObjectVersion } from '../ports.ts'
import { saysNothing } from './s3-bucket.ts'
import { translateError } from './translate-error.ts'

interface Place {
  KeyMarker?: string | undefined
  VersionIdMarker?: string | undefined
}

/** Of a bucket; `pageSize` at most in one answer. */
interface Where {
  Bucket: string
  pageSize: number
}

/** All versions and markers of exactly this key, the newest first. */
export async function listVersions(client: S3Client, where: Where, key: string): Promise<ObjectVersion[]> {
  const subject = subjectOf(where, key)
  const versions: ObjectVersion[] = []
  const markers: ObjectVersion[] = []
  for await (const page of pagesOf(client, where, key)) {
    const own = <Entry extends { Key?: string | undefined }>(entries: Entry[] = []) =>
      entries.filter(entry => entry.Key === key)
    for (const entry of own(page.Versions)) versions.push(describe(entry, subject))
    for (const entry of own(page.DeleteMarkers)) markers.push(describe(entry, subject, 'marker'))
    // Keys come in their order: behind those of another one there are none of this one.
    if (page.NextKeyMarker !== key) break
  }
  return mergeByAge(versions, markers)
}

/** Keys that begin so, in their order, of which a marker is what is current. */
export async function* listMarked(client: S3Client, where: Where, prefix: string): AsyncGenerator<string> {
  for await (const { DeleteMarkers = [] } of pagesOf(client, where, prefix))
    for (const { Key, IsLatest } of DeleteMarkers) {
      if (Key === undefined || IsLatest === undefined) throw saysNothing(subjectOf(where, prefix))
      if (IsLatest) yield Key
    }
}

async function* pagesOf(client: S3Client, { Bucket, pageSize }: Where, Prefix: string): AsyncGenerator<Page> {
  const subject = subjectOf({ Bucket }, Prefix)
  let next: Place | undefined = {}
  while (next) {
    const command = new ListObjectVersionsCommand({ Bucket, Prefix, MaxKeys: pageSize, ...next })
    const page: Page = await client.send(command).catch((error: unknown) => {
      throw translateError(error, subject)
    })
    if (page.IsTruncated !== (page.NextKeyMarker !== undefined)) throw saysNothing(subject)
    yield page
    next = page.NextKeyMarker === undefined ? undefined : placeAfter(page)
  }
}

function subjectOf({ Bucket }: Pick<Where, 'Bucket'>, key: string): string {
  return `s3://${Bucket}/${key}`
}

interface Page {
  IsTruncated?: boolean | undefined
  NextKeyMarker?: string | undefined
  NextVersionIdMarker?: string | undefined
  Versions?: ListedVersion[] | undefined
  DeleteMarkers?: DeleteMarkerEntry[] | undefined
}

function placeAfter({ NextKeyMarker, NextVersionIdMarker }: Page): Place {
  return { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker }
}

function describe(entry: ListedVersion & DeleteMarkerEntry, subject: string, marker?: 'marker') {
  const { VersionId, IsLatest, Size, LastModified } = entry
  if (VersionId === undefined || LastModified === undefined) throw saysNothing(subject)
  return {
    versionId: VersionId,
    current: IsLatest === true,
    marker: marker !== undefined,
    size: Size ?? 0,
    // Some servers list what their other answers leave out.
    lastModified: Math.floor(LastModified.getTime() / 1000) * 1000,
  }
}

/**
 * Each list comes newest first, but they come apart, and in whole seconds. Of the same second versions and markers take turns, as
 * they do where a marker hides an object and only what is hidden is put again.
 */
function mergeByAge(versions: ObjectVersion[], markers: ObjectVersion[]): ObjectVersion[] {
  const merged: ObjectVersion[] = []
  for (;;) {
    const [version] = versions
    const [marker] = markers
    if (!version || !marker) return [...merged, ...versions, ...markers]
    const apart = marker.lastModified - version.lastModified
    const first = merged.length === 0 ? marker.current : merged.at(-1)?.marker === false
    const markerFirst = apart === 0 ? first : apart > 0
    merged.push(markerFirst ? marker : version)
    ;(markerFirst ? markers : versions).shift()
  }
}
