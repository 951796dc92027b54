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

/** All versions and markers of exactly this key, the newest first; `pageSize` at most in one answer. */
export async function listVersions(
  client: S3Client,
  { Bucket, Key }: { Bucket: string; Key: string },
  pageSize: number,
): Promise<ObjectVersion[]> {
  const subject = `s3://${Bucket}/${Key}`
  const versions: ObjectVersion[] = []
  const markers: ObjectVersion[] = []
  let next: Place | undefined = {}
  while (next) {
    const command = new ListObjectVersionsCommand({ Bucket, Prefix: Key, MaxKeys: pageSize, ...next })
    const page: Page = await client.send(command).catch((error: unknown) => {
      throw translateError(error, subject)
    })
    if (page.IsTruncated !== (page.NextKeyMarker !== undefined)) throw saysNothing(subject)
    const own = <Entry extends { Key?: string | undefined }>(entries: Entry[] = []) =>
      entries.filter(entry => entry.Key === Key)
    for (const entry of own(page.Versions)) versions.push(describe(entry, subject))
    for (const entry of own(page.DeleteMarkers)) markers.push(describe(entry, subject, 'marker'))
    // Keys come in their order: behind those of another one there are none of this one.
    next = page.NextKeyMarker === Key ? placeAfter(page) : undefined
  }
  return mergeByAge(versions, markers)
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
