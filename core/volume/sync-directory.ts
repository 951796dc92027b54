import { open } from 'node:fs/promises'

/** A new name survives a power cut only once its directory is on the disk too. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
