import { createHash, randomUUID } from 'node:crypto'
import { chmod, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { BlobMissing, NiceBlobsError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import { formatRef, type Ref } from './model/ref.ts'
import type { BlobBucket, StoredBlob } from './ports.ts'
import { linkOrRename } from './volume/aside.ts'

const READ_ONLY = 0o444
const PRIVATE_DIRECTORY = 0o700

/** Where a blob is to appear, and a directory on the same file system where it is verified first. */
export interface Destination {
  path: string
  staging: string
  /** What a file that is there already is: a cache's copy may be replaced, an application's file never. */
  present: 'replace' | 'keep'
}

/**
 * Fetches a blob and gives it its name only when length and SHA-256 are right and the bytes are on the disk, so
 * that no reader ever sees anything else under that name (I2). Throws BlobMissing only when it is missing (I11).
 */
export async function receiveBlob(
  bucket: BlobBucket,
  database: string,
  ref: Ref,
  destination: Destination,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await receiveOnce(bucket, database, ref, destination, signal)
  } catch (error) {
    if (!(error instanceof NiceBlobsError) || error.code !== 'BLOB_DAMAGED') throw error
    // Damage on the way and damage in the bucket look the same at first sight.
    await receiveOnce(bucket, database, ref, destination, signal)
  }
}

async function receiveOnce(
  bucket: BlobBucket,
  database: string,
  ref: Ref,
  destination: Destination,
  signal?: AbortSignal,
): Promise<void> {
  const key = blobKey(database, ref)
  const found = await bucket.get(key, signal)
  if (!found) throw missing(ref, key)
  const temporary = join(
    destination.staging,
    `${basename(destination.path)}.${process.pid}.${randomUUID()}.tmp`,
  )
  try {
    await onDisk(destination.path, () =>
      mkdir(destination.staging, { recursive: true, mode: PRIVATE_DIRECTORY }),
    )
    await writeVerified(temporary, found, key)
    await publish(temporary, destination)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function writeVerified(
  temporary: string,
  { stored, body }: { stored: StoredBlob; body: AsyncIterable<Uint8Array> },
  key: string,
): Promise<void> {
  const hash = createHash('sha256')
  const file = await onDisk(temporary, () => open(temporary, 'wx', 0o600))
  try {
    for await (const chunk of body) {
      hash.update(chunk)
      await onDisk(temporary, () => writeAll(file, chunk))
    }
    requireSame(stored, hash.digest('hex'), key)
    await onDisk(temporary, () => file.sync())
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await file.write(chunk, written, chunk.length - written)).bytesWritten
  }
}

async function publish(temporary: string, { path, present }: Destination): Promise<void> {
  await onDisk(path, async () => {
    await chmod(temporary, READ_ONLY & ~process.umask())
    await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIRECTORY })
    if (present === 'replace') await rename(temporary, path)
    else await linkOrRename(temporary, path).catch(unlessTaken(path))
  })
}

function unlessTaken(path: string) {
  return (error: NodeJS.ErrnoException): never => {
    throw error.code === 'EEXIST' ? taken(path, error) : error
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

function taken(path: string, cause: unknown): NiceBlobsError {
  return new NiceBlobsError('BLOB_CONFLICT', 'a file with the blob’s name has come meanwhile', {
    subject: path,
    hint: 'it is kept; the next run compares it',
    cause,
  })
}
