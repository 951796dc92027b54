import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ref } from '../../core/model/ref.ts'

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/blobs', import.meta.url))

/** A blob as the real ZODB wrote it, with the hash that was taken there. */
export interface TrueBlob extends Ref {
  path: string
  size: number
  sha256: string
  title: string
  filename: string
  contentType: string
}

/** Copies the blob directory that ZODB made and tells what is in it. */
export function copyBlobDirectory(directory: string): TrueBlob[] {
  const { bushy } = JSON.parse(readFileSync(join(FIXTURES, 'truth.json'), 'utf8')).trees
  cpSync(join(FIXTURES, bushy.directory), directory, { recursive: true })
  for (const { path } of bushy.blobs) chmodSync(join(directory, path), 0o444)
  return bushy.blobs
}

/** Which of the blobs are whole, byte for byte, where `fileOf` says. */
export function wholeBlobs(
  blobs: readonly TrueBlob[],
  fileOf: (blob: TrueBlob) => string | undefined,
): TrueBlob[] {
  return blobs.filter(blob => {
    const file = fileOf(blob)
    if (file === undefined || !existsSync(file)) return false
    return createHash('sha256').update(readFileSync(file)).digest('hex') === blob.sha256
  })
}
