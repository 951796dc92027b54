import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Archive } from './archive.ts'
import { hashObject } from './hash-object.ts'
import type { BlobRow } from './model/blob-row.ts'
import { agreesAsListed, compare, type SeenObject, type Verdict } from './model/difference.ts'
import { blobKey } from './model/key.ts'
import type { Ref } from './model/ref.ts'
import type { BlobBucket, StoredBlob } from './ports.ts'

/** How closely an object is looked at whose size is what its row says: not at all, its metadata, all its bytes. */
export type Depth = 'list' | 'head' | 'bytes'

/** What the listings of index and bucket have for one ref. */
export interface Listed {
  ref: Ref
  row?: BlobRow | undefined
  size?: number | undefined
}

/** A difference with what was seen, for its repair. */
export interface Seen {
  ref: Ref
  row: BlobRow | undefined
  object: (StoredBlob & SeenObject) | undefined
  verdict: Verdict
}

/** How long an object may wait for its row: its archiver may have stored it just now. */
const SETTLING = 2_000

/** Undefined when index and bucket agree. What the listings tell is old by now, so that a difference is looked at anew. */
export async function examine(
  archive: Archive,
  { ref, row, size }: Listed,
  depth: Depth,
  signal?: AbortSignal,
): Promise<Seen | undefined> {
  const key = blobKey(archive.database, ref)
  const look = () => (depth === 'bytes' ? readTwice(archive.bucket, key, signal) : archive.bucket.head(key))
  if (agreesAsListed(row, size)) {
    if (depth === 'list' || size === undefined) return undefined
    if (!compare(row, await look())) return undefined
  }
  return lookAnew(archive, ref, look, signal)
}

/** The row first, as an archiver writes it last; and again afterwards, lest somebody's work be told as a difference. */
async function lookAnew(
  archive: Archive,
  ref: Ref,
  look: () => Promise<Seen['object']>,
  signal?: AbortSignal,
): Promise<Seen | undefined> {
  const find = async () => (await archive.index.find(archive.database, [ref]))[0]
  for (;;) {
    const row = await find()
    const object = await look()
    const verdict = compare(row, object)
    if (!verdict) return undefined
    if (verdict.class === 'unindexed' || verdict.class === 'returned')
      await delay(settlingTime(object, archive.now()), undefined, { signal })
    if (isDeepStrictEqual(row, await find())) return { ref, row, object, verdict }
  }
}

/** Nothing for what was stored a while ago; never long, however wrong this host's clock is. */
function settlingTime(object: Seen['object'], now: number): number {
  const age = now - (object?.lastModified ?? 0)
  return Math.min(Math.max(SETTLING - age, 0), SETTLING)
}

/** What was damaged on its way is whole when it is read again. */
async function readTwice(bucket: BlobBucket, key: string, signal?: AbortSignal) {
  const first = await hashObject(bucket, key, signal)
  if (!first || first.sha256 === undefined || first.readSha256 === first.sha256) return first
  return hashObject(bucket, key, signal)
}
