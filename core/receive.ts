import { createHash } from 'node:crypto'
import { chmod, type FileHandle, open, rm } from 'node:fs/promises'
import { BlobMissing, BlobUnavailable, NiceBlobsError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import { formatRef, type Ref } from './model/ref.ts'
import type { BlobBucket, StoredBlob } from './ports.ts'
import { withParent } from './volume/with-parent.ts'

const READ_ONLY = 0o444

/** Where a blob is to appear once it is verified. */
export interface Destination {
  /** A path nobody else uses, on the file system of the final one. What is left there afterwards is removed. */
  temporary: string
  /** Told the size, in bytes, before the first of them is written. Must not throw. */
  reserve?(size: number): void
  /** Gives the verified file its name. */
  publish(): Promise<void>
}

/**
 * Fetches a blob and publishes it only when length and SHA-256 are right and the bytes are on the disk, so that no
 * reader ever sees anything else under its name (I2). Answers what was received. Throws BlobMissing only when it is missing (I11).
 */
export async function receiveBlob(
  bucket: Pick<BlobBucket, 'get'>,
  database: string,
  ref: Ref,
  destination: Destination,
  signal?: AbortSignal,
): Promise<StoredBlob> {
  const receive = () => receiveOnce(bucket, database, ref, destination, signal)
  return receive().catch(async (first: unknown) => {
    if (!isDamaged(first)) throw first
    return receive().catch((second: unknown) => {
      throw isDamaged(second) && second.cause !== first.cause ? unsteady(first) : second
    })
  })
}

/** Damage on the way looks like damage in the bucket at first sight, but not the same at the second. */
function unsteady({ subject, message }: NiceBlobsError): BlobUnavailable {
  return new BlobUnavailable('SERVER_FAILED', `${message}, and another one each time it is read`, {
    subject,
    hint: 'network or server spoil what they send; nothing was kept of it, try again',
  })
}

function isDamaged(error: unknown): error is NiceBlobsError {
  return error instanceof NiceBlobsError && error.code === 'BLOB_DAMAGED'
}

async function receiveOnce(
  bucket: Pick<BlobBucket, 'get'>,
  database: string,
  ref: Ref,
  { temporary, reserve, publish }: Destination,
  signal?: AbortSignal,
): Promise<StoredBlob> {
  try {
    // Before the bucket is asked: the request of a body that nobody begins to read would stay open.
    const file = await onDisk(temporary, () => withParent(temporary, () => open(temporary, 'wx', 0o600)))
    const receive = async () => {
      const { stored, body } = await getBlob(bucket, database, ref, signal)
      reserve?.(stored.size)
      for await (const chunk of body) await onDisk(temporary, () => writeAll(file, chunk))
      await onDisk(temporary, () => file.sync())
      return stored
    }
    const stored = await receive().finally(() => onDisk(temporary, () => file.close()))
    await onDisk(temporary, async () => {
      await chmod(temporary, READ_ONLY & ~process.umask())
      await publish()
    })
    return stored
  } finally {
    // What cannot be removed stays under a name that nobody reads; what came of the blob is to be told.
    await rm(temporary, { force: true }).catch(() => {})
  }
}

/** The blob's bytes, whose end comes only when they are what was archived; throws BlobMissing when there is no such blob. */
export async function getBlob(
  bucket: Pick<BlobBucket, 'get'>,
  database: string,
  ref: Ref,
  signal?: AbortSignal,
): Promise<{ stored: StoredBlob; body: AsyncGenerator<Uint8Array> }> {
  const key = blobKey(database, ref)
  const found = await bucket.get(key, signal)
  if (!found) throw missing(ref, key)
  return { stored: found.stored, body: verifiedBody(found, key) }
}

/** A chunk is held back until the next has come, so that a blob of one chunk is verified before any of it is seen. */
async function* verifiedBody(
  { stored, body }: { stored: StoredBlob; body: AsyncIterable<Uint8Array> },
  key: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let last: Uint8Array | undefined
  for await (const chunk of body) {
    hash.update(chunk)
    if (last) yield last
    last = chunk
  }
  requireSame(stored, hash.digest('hex'), key)
  if (last) yield last
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await file.write(chunk, written, chunk.length - written)).bytesWritten
  }
}

function requireSame(stored: StoredBlob, sha256: string, key: string): void {
  if (stored.sha256 === sha256) return
  const told =
    stored.sha256 === undefined
      ? 'its metadata is not ours'
      : 'it has another SHA-256 than was stored with it'
  throw new NiceBlobsError('BLOB_DAMAGED', `the object is not what was archived: ${told}`, {
    subject: key,
    hint: 'nothing was kept of it; an older version of the object or the replica may be whole (docs/operations.md)',
    cause: `${stored.sha256} ${sha256}`,
  })
}

export function missing(ref: Ref, key: string): BlobMissing {
  return new BlobMissing('no such blob in the bucket', {
    subject: formatRef(ref),
    hint: `there is no object ${key}; check the database's name and whether the blob was ever archived`,
  })
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof NiceBlobsError) throw cause
    throw new NiceBlobsError('TARGET_UNWRITABLE', `cannot write it (${(cause as Error).message})`, {
      subject: path,
      hint: 'check the space left on that disk and the rights of this user',
      cause,
    })
  }
}
