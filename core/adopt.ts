import { createHash } from 'node:crypto'
import { type Archive, makeRow, recordRow } from './archive.ts'
import { contentTypeOf, SNIFFED_BYTES } from './content-type.ts'
import type { BlobRow } from './model/blob-row.ts'
import { BlobUnavailable, NiceBlobsError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import type { Ref } from './model/ref.ts'
import type { BlobCopies, BlobFacts, PredecessorBlob, PredecessorBucket } from './ports.ts'
import { requireSameObject } from './verify-object.ts'

export interface Adopt extends Archive {
  readonly predecessor: PredecessorBucket
  readonly copies: BlobCopies
}

/** `adopted`: copied now. `present`: the object was there already, from a run that ended early or from a volume. */
export type AdoptOutcome = 'adopted' | 'present'

/** Up to here what was hashed is kept, so that a copy through this host need not read it again. */
const KEPT_IN_MEMORY = 2 ** 20
const READINGS = 3

/**
 * Takes over one object of a predecessor, of which nothing is changed. The row is written last and only for an object that
 * has the bytes that were hashed (I3), so that what ended anywhere is continued by the next run (I8).
 */
export async function adoptBlob(
  adopt: Adopt,
  { key, ref }: { key: string; ref: Ref },
  signal?: AbortSignal,
): Promise<{ outcome: AdoptOutcome; bytes: number }> {
  const { database, bucket, predecessor, copies } = adopt
  const { facts, blob } = await hashBlob(predecessor, key, signal)
  const target = blobKey(database, ref)
  const put = await copies.copy(blob, target, facts, signal)
  const verified = put.outcome === 'stored' && put.vouched ? put : undefined
  const stored = await requireSameObject(bucket, target, facts, verified)
  await recordRow(adopt, makeRow(database, ref, facts, stored))
  return { outcome: put.outcome === 'stored' ? 'adopted' : 'present', bytes: facts.size }
}

/** Reads an object that has a row, which alone shows whether both have the same bytes (I3). */
export async function verifyAdopted(
  { predecessor }: Adopt,
  key: string,
  row: Pick<BlobRow, 'sha256'>,
  signal?: AbortSignal,
): Promise<void> {
  const { facts } = await hashBlob(predecessor, key, signal)
  if (facts.sha256 !== row.sha256) throw otherBytes(key, 'the index knows it with other bytes')
}

interface Hashed {
  readonly facts: BlobFacts
  readonly blob: PredecessorBlob
}

/**
 * Its hash and its type, neither of which a predecessor has stored. Bytes that came otherwise than they lie there would give the
 * copy a wrong name for good, so that they have to fit the bucket's own MD5; where an ETag looks like one and is none, two readings
 * that agree do as well.
 */
async function hashBlob(
  predecessor: PredecessorBucket,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Hashed> {
  let last: string | undefined
  for (let reading = 1; reading <= READINGS; reading += 1) {
    const { fits, ...hashed } = await readBlob(predecessor, key, signal)
    if (fits || hashed.facts.sha256 === last) return hashed
    last = hashed.facts.sha256
  }
  throw new BlobUnavailable('SERVER_FAILED', 'each reading of the object gave other bytes', {
    subject: key,
    hint: 'memory, network or server are faulty; nothing was stored',
  })
}

async function readBlob(
  predecessor: PredecessorBucket,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Hashed & { fits: boolean }> {
  const found = await predecessor.open(key, undefined, signal)
  if (!found) throw vanished(key)
  const [sha256, md5] = [createHash('sha256'), createHash('md5')]
  const small = found.size <= KEPT_IN_MEMORY
  const kept: Uint8Array[] = []
  let size = 0
  for await (const chunk of found.body) {
    sha256.update(chunk)
    if (found.md5 !== undefined) md5.update(chunk)
    if (small || size < SNIFFED_BYTES) kept.push(chunk)
    size += chunk.length
  }
  const content = Buffer.concat(kept)
  const contentType = await contentTypeOf(content.subarray(0, SNIFFED_BYTES))
  const blob = { key, etag: found.etag, ...(small && { content }) }
  const fits = found.md5 === undefined || found.md5 === md5.digest('hex')
  return { facts: { size, sha256: sha256.digest('hex'), contentType }, blob, fits }
}

export function otherBytes(key: string, difference: string): NiceBlobsError {
  return new NiceBlobsError('BLOB_CONFLICT', difference, {
    subject: key,
    hint: 'both are kept; torn there, another database’s bucket, or a restored database that reuses its tids?',
  })
}

function vanished(key: string): NiceBlobsError {
  return new NiceBlobsError('SOURCE_VANISHED', 'the object is gone', {
    subject: key,
    hint: 'its own application packed it away or aborted its transaction; if the database needs it, look into its backups',
  })
}
