import { isHexId, type Ref } from './ref.ts'

const DATABASE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Names of databases are parts of keys, rows and policies: lower-case letters, digits and inner hyphens. */
export function isDatabaseName(text: string): boolean {
  return DATABASE_NAME.test(text)
}

/** What all keys of blobs, and all of live reports, begin with. */
export const ALL_BLOBS = 'blobs/'
export const ALL_PACKS = 'packs/'

/** `blobs/main/`: all blobs of one database and of no other (I9). */
export function blobPrefix(database: string): string {
  return `${ALL_BLOBS}${database}/`
}

/** `packs/main/`: the live reports of one database (docs/formats.md, "Live report"). */
export function packPrefix(database: string): string {
  return `${ALL_PACKS}${database}/`
}

/** `blobs/main/00000000000004d2/03d167f919308700` (docs/formats.md, "Key"). */
export function blobKey(database: string, ref: Ref): string {
  return `${blobPrefix(database)}${ref.oid}/${ref.tid}`
}

/** The exact inverse of blobKey; undefined for any other text. */
export function parseBlobKey(key: string): { database: string; ref: Ref } | undefined {
  const [root, database, oid, tid, ...rest] = key.split('/')
  if (root !== 'blobs' || rest.length > 0) return undefined
  if (database === undefined || oid === undefined || tid === undefined) return undefined
  if (!isDatabaseName(database) || !isHexId(oid) || !isHexId(tid)) return undefined
  return { database, ref: { oid, tid } }
}
