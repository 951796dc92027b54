import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import type { BlobRow } from '../../core/model/blob-row.ts'
import { blobPrefix } from '../../core/model/key.ts'
import { bushy } from '../../core/model/layout/bushy.ts'
import { formatRef } from '../../core/model/ref.ts'
import type { BlobBucket, BlobIndex, StoredBlob } from '../../core/ports.ts'
import { readAll } from '../contract/bucket-contract.ts'
import { type KnownBlob, sha256Of } from './known-blobs.ts'

/** Everywhere that blobs of one database may be. */
export interface Places {
  database: string
  bucket: BlobBucket
  index: BlobIndex
  /** The bushy volume, whose files and those aside count as kept. */
  volume: string
  /** Directories of copies: a blob that is only there is lost, but what is there has to be right. */
  copies: readonly string[]
}

/** What an audit found; refs as `oid/tid`. */
export interface Findings {
  /** In words: a blob whose bytes are nowhere any more, wrong bytes under a blob's name, a row without its object. */
  wrong: string[]
  /** Blobs under their names in the volume. */
  volume: string[]
  aside: string[]
  copies: string[]
  /** In the bucket. */
  objects: string[]
  rows: string[]
  /** Files of the volume that were being received, and those that are no blobs at all. */
  staged: string[]
  others: string[]
}

/** Aside `<oid>-<tid>.<uuid>.blob`, in a cache `<oid>-<tid>.blob`. */
const OURS = /^([0-9a-f]{16})-([0-9a-f]{16})(?:\.[0-9a-f-]{36})?\.blob$/

/** Looks at every byte, without any of the code that moves them but the ports' own. */
export async function audit(places: Places, blobs: readonly KnownBlob[]): Promise<Findings> {
  const found: Findings = {
    wrong: [],
    volume: [],
    aside: [],
    copies: [],
    objects: [],
    rows: [],
    staged: [],
    others: [],
  }
  const known = new Map(blobs.map(({ ref, sha256 }) => [formatRef(ref), sha256]))
  const check = (ref: string, where: string, content: Uint8Array) => {
    if (known.get(ref) === sha256Of(content)) return true
    found.wrong.push(`${ref}: ${content.length} other bytes in ${where}`)
    return false
  }
  const checkFiles = (directory: string, into: 'volume' | 'copies') => {
    for (const path of filesBelow(directory)) {
      const ref = refOf(path)
      // A release that was killed stays announced, until that is too old.
      if (path.startsWith('.nice-blobs/announced/')) continue
      // A cache's link into a volume, whose blob has left it.
      if (!existsSync(join(directory, path))) continue
      if (path.endsWith('.tmp')) found.staged.push(path)
      else if (!ref) {
        if (into === 'volume') found.others.push(path)
      } else if (check(ref, path, readFileSync(join(directory, path))))
        found[path.includes('/releasing/') ? 'aside' : into].push(ref)
    }
  }
  // Rows first: an object that comes while this goes on is no contradiction, a row before its object is one.
  const rows: BlobRow[] = []
  for await (const row of places.index.list(places.database)) rows.push(row)
  const objects = new Map<string, StoredBlob>()
  for await (const { key } of places.bucket.list(blobPrefix(places.database))) {
    const object = await places.bucket.get(key)
    const ref = key.slice(blobPrefix(places.database).length)
    if (object && check(ref, 'the bucket', await readAll(object.body))) objects.set(ref, object.stored)
  }
  found.objects.push(...objects.keys())
  found.rows.push(...rows.map(formatRef))
  found.wrong.push(...rows.flatMap(row => contradiction(row, objects.get(formatRef(row)))))
  checkFiles(places.volume, 'volume')
  for (const copy of places.copies) checkFiles(copy, 'copies')
  const kept = new Set([...found.volume, ...found.aside, ...found.objects])
  for (const ref of known.keys()) if (!kept.has(ref)) found.wrong.push(`${ref}: lost`)
  return found
}

export function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(directory, join(entry.parentPath, entry.name)))
}

function refOf(path: string): string | undefined {
  const [, oid = '', tid = ''] = OURS.exec(basename(path)) ?? []
  const ref = bushy.parse(path) ?? (oid && { oid, tid })
  return ref ? formatRef(ref) : undefined
}

function contradiction(row: BlobRow, object: StoredBlob | undefined): string[] {
  const same =
    row.sha256 === object?.sha256 &&
    row.size === object.size &&
    row.versionId === object.versionId &&
    object.contentType === row.contentType
  return same ? [] : [`${formatRef(row)}: the row tells of an object that is not there`]
}
