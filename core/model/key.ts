import { type HexId, isHexId, type Ref } from './ref.ts'

const DATABASE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Names of databases are parts of keys, rows and policies: lower-case letters, digits and inner hyphens. */
export function isDatabaseName(text: string): boolean {
  return DATABASE_NAME.test(text)
}

/** What all keys of blobs, of live reports, and of verdicts begin with. */
export const ALL_BLOBS = 'blobs/'
export const ALL_PACKS = 'packs/'
/** What people decided about reports. */
export const ALL_VERDICTS = 'verdicts/'

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

const REPORT_ID = /^([0-9a-f]{16})-[0-9a-f]{16}$/
const MANIFEST = 'manifest.json'

/** `03d167f919308700-5f0c9a3be1d24876`: the horizon, and digits that no other report has. */
export function reportId(horizon: HexId, unique: HexId): string {
  return `${horizon}-${unique}`
}

/** Undefined for what is no id of a report. */
export function horizonOf(report: string): HexId | undefined {
  return REPORT_ID.exec(report)?.[1]
}

/** `packs/main/<report>/part-3f`: of a shard. */
export function partKey(database: string, report: string, shard: number): string {
  return `${packPrefix(database)}${report}/part-${shard.toString(16).padStart(2, '0')}`
}

/** `packs/main/<report>/manifest.json`: without it a report does not exist. */
export function manifestKey(database: string, report: string): string {
  return `${packPrefix(database)}${report}/${MANIFEST}`
}

/** `verdicts/main/<report>.json`: what a person decided about a report that waits. */
export function verdictKey(database: string, report: string): string {
  return `${ALL_VERDICTS}${database}/${report}.json`
}

/** The exact inverse of manifestKey and verdictKey; undefined for any other text. */
export function parseReportKey(
  key: string,
): { what: 'manifest' | 'verdict'; database: string; report: string } | undefined {
  const [root, database = '', name = '', file, ...rest] = key.split('/')
  const report = file === undefined ? name.replace(/\.json$/, '') : name
  if (!isDatabaseName(database) || horizonOf(report) === undefined || rest.length > 0) return undefined
  if (key === manifestKey(database, report)) return { what: 'manifest', database, report }
  return root === 'verdicts' && key === verdictKey(database, report)
    ? { what: 'verdict', database, report }
    : undefined
}
