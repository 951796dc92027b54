import { createHash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { contentTypeOf, SNIFFED_BYTES } from '../content-type.ts'
import { type ErrorCode, NiceBlobsError } from '../model/errors.ts'
import type { FileTimes } from '../model/read-lately.ts'
import type { BlobBytes, BlobFacts } from '../ports.ts'

/** Up to here a file is read once, into memory: what is hashed is then what is sent. */
const KEPT_IN_MEMORY = 2 ** 20
const CHUNK = 2 ** 20

// Without O_NONBLOCK a pipe under a blob's name would hold us for ever.
const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Our own reading is no use of a blob. Only Linux has the flag. */
const UNNOTICED = READING | (constants.O_NOATIME ?? 0)

/** A blob's file held open: one descriptor for hashing, sending and comparing. */
export interface Source {
  readonly facts: BlobFacts
  readonly bytes: BlobBytes
  /** As they were before we read it. */
  readonly times: FileTimes
  /** Throws when the file, or what its path leads to, is no longer what was hashed. */
  requireUnchanged(): Promise<void>
}

/** Opens, hashes and holds a file while `use` runs. Links, pipes and directories are refused, never followed. */
export async function withSource<T>(path: string, use: (source: Source) => Promise<T>): Promise<T> {
  const file = await openFile(path)
  try {
    const before = await file.stat()
    requirePlainFile(path, before)
    const { sha256, content, head } = await hashFile(file, before.size, path)
    requireSame(path, before, await file.stat())
    const facts = { size: before.size, sha256, contentType: await contentTypeOf(head) }
    return await use({
      facts,
      times: before,
      bytes: {
        open: () => content ?? Readable.from(readParts(file, before.size, path), { objectMode: false }),
      },
      requireUnchanged: async () => {
        requireSame(path, before, await file.stat())
        requireSame(path, before, await lstatOrVanished(path))
      },
    })
  } finally {
    await file.close()
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, UNNOTICED).catch(orNoticed(path))
  } catch (cause) {
    throw openError(path, cause as NodeJS.ErrnoException)
  }
}

/** To whom the file does not belong, it can be opened only as for any other reading. */
function orNoticed(path: string) {
  return (error: NodeJS.ErrnoException): Promise<FileHandle> => {
    if (error.code !== 'EPERM') throw error
    return open(path, READING)
  }
}

function openError(path: string, cause: NodeJS.ErrnoException): NiceBlobsError {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return vanished(path, cause)
  if (cause.code === 'ELOOP' || cause.code === 'ENXIO') return notAFile(path, cause)
  if (cause.code === 'EMFILE' || cause.code === 'ENFILE') return tooManyFiles(path, cause)
  return sourceError(
    'SOURCE_UNREADABLE',
    `cannot read it (${cause.code})`,
    path,
    'this user needs to read it',
    cause,
  )
}

function requirePlainFile(path: string, stats: Stats): void {
  if (!stats.isFile()) throw notAFile(path)
}

async function hashFile(file: FileHandle, size: number, path: string) {
  const hash = createHash('sha256')
  const chunk = Buffer.alloc(Math.min(size, CHUNK))
  let head: Buffer | undefined
  for (let position = 0; position < size; ) {
    const bytes = chunk.subarray(0, await readChunk(file, chunk, position, size, path))
    hash.update(bytes)
    head ??= Buffer.from(bytes.subarray(0, SNIFFED_BYTES))
    position += bytes.length
  }
  const content = size <= KEPT_IN_MEMORY ? chunk : undefined
  return { sha256: hash.digest('hex'), content, head: head ?? chunk }
}

/** Fills the chunk, or reads as much as is left of `size`, so that a small file is in memory as a whole. */
async function readChunk(file: FileHandle, chunk: Buffer, position: number, size: number, path: string) {
  const wanted = Math.min(chunk.length, size - position)
  for (let filled = 0; filled < wanted; ) {
    const { bytesRead } = await file
      .read(chunk, filled, wanted - filled, position + filled)
      .catch(readError(path))
    if (bytesRead === 0) throw changed(path)
    filled += bytesRead
  }
  return wanted
}

/** Not a stream of the descriptor: whoever destroys such a stream closes the descriptor with it. */
async function* readParts(file: FileHandle, size: number, path: string): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < size; position += CHUNK) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - position))
    await readChunk(file, chunk, position, size, path)
    yield chunk
  }
}

function readError(path: string) {
  return (cause: NodeJS.ErrnoException): never => {
    throw sourceError(
      'SOURCE_UNREADABLE',
      `cannot read it (${cause.code})`,
      path,
      'the disk may be failing',
      cause,
    )
  }
}

async function lstatOrVanished(path: string): Promise<Stats> {
  try {
    return await lstat(path)
  } catch (cause) {
    throw vanished(path, cause)
  }
}

/** ctime is left out on purpose: a hard link (ZODB's pack makes them) or a chmod changes it, not the bytes. */
function requireSame(path: string, before: Stats, after: Stats): void {
  const same =
    before.dev === after.dev &&
    before.ino === after.ino &&
    before.size === after.size &&
    before.mtimeMs === after.mtimeMs
  if (!same) throw changed(path)
}

function sourceError(
  code: ErrorCode,
  message: string,
  path: string,
  hint: string,
  cause?: unknown,
): NiceBlobsError {
  return new NiceBlobsError(code, message, { subject: path, hint, cause })
}

function changed(path: string): NiceBlobsError {
  return sourceError(
    'SOURCE_CHANGED',
    'the file changed while it was read',
    path,
    'it stays; the next run looks again',
  )
}

function vanished(path: string, cause?: unknown): NiceBlobsError {
  return sourceError(
    'SOURCE_VANISHED',
    'the file is gone',
    path,
    'packed or released by somebody else meanwhile',
    cause,
  )
}

function notAFile(path: string, cause?: unknown): NiceBlobsError {
  return sourceError(
    'SOURCE_NOT_A_FILE',
    'not a plain file',
    path,
    'links and pipes are never archived; it stays',
    cause,
  )
}

/** The same for every blob, so it ends a run. */
function tooManyFiles(path: string, cause: unknown): NiceBlobsError {
  return sourceError(
    'DISK_REFUSED',
    'too many open files',
    path,
    'run with fewer --jobs, or raise ulimit -n',
    cause,
  )
}
