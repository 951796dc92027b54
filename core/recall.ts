import { randomUUID } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { NiceBlobsError, translateSystemError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import type { Ref } from './model/ref.ts'
import type { BlobBucket } from './ports.ts'
import { type Destination, missing, receiveBlob } from './receive.ts'
import { linkOrRename } from './volume/aside.ts'
import { withSource } from './volume/source.ts'
import type { Sums } from './volume/sums.ts'
import { syncDirectory } from './volume/sync-directory.ts'
import { requireThere, type Volume } from './volume/volume.ts'
import { withParent } from './volume/with-parent.ts'

/** Where blobs come from. */
export interface Origin {
  readonly database: string
  readonly bucket: BlobBucket
}

export interface RecallOptions {
  /** Hash files that are there already, instead of believing a right size under a right name. */
  verify: boolean
  signal?: AbortSignal
  /** Of a copy: what is there without one is hashed, too. */
  sums?: Sums | undefined
}

export type RecallOutcome = 'recalled' | 'present'

/**
 * Brings one blob into a volume, or into a copy of one. What is there already is never overwritten: with the right size
 * it is taken for the blob (names appear here only on verified bytes), with another it is a conflict.
 */
export async function recallBlob(
  origin: Origin,
  volume: Volume,
  blob: { ref: Ref; size: number },
  { verify, signal, sums }: RecallOptions,
): Promise<RecallOutcome> {
  const { ref } = blob
  const path = volume.pathOf(ref)
  // A blob in a mount point would make it look like a volume.
  requireThere(volume)
  const unproved = sums !== undefined && !(await sums.has(ref))
  if (await isPresent(origin, blob, path, { verify: verify || unproved, sums })) return 'present'
  const { bucket, database } = origin
  const received = await receiveBlob(bucket, database, ref, destinationIn(volume, ref), signal).catch(
    async (error: unknown) => {
      // Another recall may have been faster; whoever put a file there, it has to have the same bytes.
      if (await isPresent(origin, blob, path, { verify: true, sums })) return undefined
      throw error
    },
  )
  if (!received) return 'present'
  await syncDirectory(dirname(path))
  if (received.sha256 !== undefined) await sums?.add(ref, received.sha256)
  return 'recalled'
}

/** A file that is there already is an application's and never replaced. */
function destinationIn(volume: Volume, ref: Ref): Destination {
  const path = volume.pathOf(ref)
  const temporary = join(volume.incomingDirectory, `${basename(path)}.${process.pid}.${randomUUID()}.tmp`)
  return {
    temporary,
    async publish() {
      await withParent(path, () => linkOrRename(temporary, path)).catch(unlessTaken(path))
    },
  }
}

function unlessTaken(path: string) {
  return (error: NodeJS.ErrnoException): never => {
    throw error.code === 'EEXIST' ? taken(path, error) : error
  }
}

function taken(path: string, cause: unknown): NiceBlobsError {
  return new NiceBlobsError('BLOB_CONFLICT', 'a file with the blob’s name has come meanwhile', {
    subject: path,
    hint: 'it is kept; the next run compares it',
    cause,
  })
}

async function isPresent(
  origin: Origin,
  { ref, size }: { ref: Ref; size: number },
  path: string,
  { verify, sums }: Pick<RecallOptions, 'verify' | 'sums'>,
): Promise<boolean> {
  const present = await lstat(path).catch(absent)
  if (!present) return false
  if (!present.isFile() || present.size !== size) throw otherFile(path, `${present.size} bytes, not ${size}`)
  if (!verify) return true
  const sha256 = await requireSameAsBucket(origin, ref, path)
  await sums?.add(ref, sha256)
  return true
}

/** Answers its SHA-256. */
async function requireSameAsBucket({ bucket, database }: Origin, ref: Ref, path: string): Promise<string> {
  const key = blobKey(database, ref)
  const stored = await bucket.head(key)
  if (!stored) throw missing(ref, key)
  return withSource(path, async ({ facts }) => {
    if (facts.sha256 === stored.sha256) return facts.sha256
    throw otherFile(path, 'the same size, other bytes')
  })
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw translateSystemError(error) ?? error
}

function otherFile(path: string, difference: string): NiceBlobsError {
  return new NiceBlobsError('BLOB_CONFLICT', `another file has the blob's name (${difference})`, {
    subject: path,
    hint: 'both are kept; move that file away and recall again if the bucket is right',
  })
}
