import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LAYOUT_MARKER } from '../model/layout/layout.ts'
import { linkOrRename } from './aside.ts'
import { syncDirectory } from './sync-directory.ts'
import { exists, type Volume } from './volume.ts'

/**
 * Writes the marker of a new bushy volume. ZODB takes a directory that has files and no marker for a lawn, and would then
 * find none of the blobs we put there; one that a full disk left empty is no layout to anybody, so it appears whole.
 */
export async function markLayout({ directory, layout, incomingDirectory }: Volume): Promise<void> {
  const marker = join(directory, LAYOUT_MARKER)
  if (layout.name !== 'bushy' || (await exists(marker))) return
  const temporary = join(incomingDirectory, `${LAYOUT_MARKER}.${randomUUID()}.tmp`)
  try {
    await mkdir(incomingDirectory, { recursive: true, mode: 0o700 })
    await writeFile(temporary, layout.name, { flag: 'wx', flush: true })
    await linkOrRename(temporary, marker).catch(unlessItExists)
    await syncDirectory(directory)
  } finally {
    await rm(temporary, { force: true }).catch(() => {})
  }
}

function unlessItExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
