import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** A file that has lost its name as soon as it was made: whoever is killed, nothing of it stays. */
export async function withScratchFile<T>(
  directory: string,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const path = join(directory, `nice-blobs-${randomUUID()}.tmp`)
  const file = await open(path, 'wx+', 0o600)
  try {
    await unlink(path)
    return await work(file)
  } finally {
    await file.close()
  }
}

/** Bytes from `position` on, some at a time: not a stream of the file, which would close it. */
export async function* readChunks(file: FileHandle, position: number, size: number, chunk = 65_536) {
  for (let from = 0; from < size; ) {
    const bytes = Buffer.allocUnsafe(Math.min(chunk, size - from))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, position + from)
    if (bytesRead === 0) throw new Error('a scratch file is shorter than what was written')
    yield bytes.subarray(0, bytesRead)
    from += bytesRead
  }
}

/** However little the kernel takes at a time. */
export async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}
