import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Ref } from '../../core/model/ref.ts'
import type { Volume } from '../../core/volume/volume.ts'
import { plantBlob, refNumber, removeScratch, treeDirectory, trueBlobs } from '../flows/setting.ts'

/** Blobs whose bytes a test knows by heart: what is compared with them in the end cannot have been lost on the way. */

export interface KnownBlob {
  ref: Ref
  content: Buffer
  sha256: string
}

/** More than is kept in memory, so that it is streamed. */
const LARGE = 2 ** 20 + 1

/** Some of the fixtures, a large one made of all of them, and an empty one. */
export function knownBlobs(fixtures: number): KnownBlob[] {
  const contents = trueBlobs('bushy').map(blob => ({
    ref: { oid: blob.oid, tid: blob.tid },
    content: readFileSync(join(treeDirectory('bushy'), blob.path)),
  }))
  const large = Buffer.concat(contents.map(({ content }) => content)).subarray(0, LARGE)
  const made = [large, Buffer.alloc(0)].map((content, i) => ({ ref: refNumber(0xa414 + i), content }))
  return [...contents.slice(0, fixtures), ...made].map(blob => ({ ...blob, sha256: sha256Of(blob.content) }))
}

export function plantKnown(volume: Volume, blobs: readonly KnownBlob[]): void {
  for (const { ref, content } of blobs) chmodSync(plantBlob(volume, ref, content), 0o444)
}

/** As a release leaves it that is killed before its last comparison. */
export function plantAside({ asideDirectory }: Volume, { ref, content }: KnownBlob): void {
  mkdirSync(asideDirectory, { recursive: true })
  writeFileSync(join(asideDirectory, `${ref.oid}-${ref.tid}.${randomUUID()}.blob`), content, { mode: 0o444 })
}

export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** On a memory disk where there is one: a test that kills processes, not machines, need not wait for a real one. */
export function memoryScratch(test: TestContext | { after(work: () => void): void }): string {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'nice-blobs-test-'))
  test.after(() => removeScratch(directory))
  return directory
}
