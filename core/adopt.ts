import { createHash } from 'node:crypto'
import { type Archive, makeRow, recordRow } from './archive.ts'
import { contentTypeOf, SNIFFED_BYTES } from './content-type.ts'
import { NiceBlobsError } from './model/errors.ts'
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

/** Reads it once, for its hash and its type: a predecessor has stored neither. */
async function hashBlob(
  predecessor: PredecessorBucket,
  key: string,
  signal: AbortSignal | undefined,
): Promise<{ facts: BlobFacts; blob: PredecessorBlob }> {
  const found = await predecessor.open(key, undefined, signal)
  if (!found) throw vanished(key)
  const hash = createHash('sha256')
  const kept: Uint8Array[] = []
  let size = 0
  for await (const chunk of found.body) {
    hash.update(chunk)
    if (size < SNIFFED_BYTES || found.size <= KEPT_IN_MEMORY) kept.push(chunk)
    size += chunk.length
  }
  const beginning = Buffer.concat(kept)
  const contentType = await contentTypeOf(beginning.subarray(0, SNIFFED_BYTES))
  const content = found.size <= KEPT_IN_MEMORY ? beginning : undefined
  return {
    facts: { size, sha256: hash.digest('hex'), contentType },
    blob: { key, etag: found.etag, content },
  }
}

function vanished(key: string): NiceBlobsError {
  return new NiceBlobsError('SOURCE_VANISHED', 'the object is gone', {
    subject: key,
    hint: 'its own application packed it away or aborted its transaction; if the database needs it, look into its backups',
  })
}
