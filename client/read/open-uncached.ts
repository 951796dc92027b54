import { randomUUID } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Destination } from '../../core/receive.ts'
import { unusable } from './cache/ledger-file.ts'

/** A blob as an open file without a name, on the system's own disk: what a read comes to when the cache is broken. */
export async function openUncached(
  fetch: (destination: Destination) => Promise<unknown>,
): Promise<FileHandle | undefined> {
  const temporary = join(tmpdir(), `nice-blobs-${process.pid}-${randomUUID()}.tmp`)
  let opened: FileHandle | undefined
  const publish = async () => {
    opened = await open(temporary, 'r')
  }
  await fetch({ temporary, publish }).catch((error: unknown) => {
    throw unusable(temporary, error)
  })
  return opened
}
