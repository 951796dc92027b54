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

/** However little the kernel takes at a time. */
export async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}
