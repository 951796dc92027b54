import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { blobKey } from '../../../core/model/key.ts'
import { contentOf } from './bytes.ts'
import { type Bytes, type Name, refOf } from './oracle.ts'
import type { World } from './world.ts'

/** An application writes a blob, as ZODB does: under a name of its own first. */
export function writeBlob({ volume }: World, name: Name, bytes: Bytes): void {
  const path = volume.pathOf(refOf(name))
  mkdirSync(dirname(path), { recursive: true })
  const temporary = join(volume.directory, 'tmp')
  writeFileSync(temporary, contentOf(bytes))
  renameSync(temporary, path)
}

const keyOf = (name: Name) => blobKey('main', refOf(name))

/**
 * Other bytes under the object's metadata. Of the same size they are another version, as S3's versions do not change;
 * shorter ones come under the same, and are known by their size.
 */
export function damageObject({ bucket }: World, name: Name, bytes: Bytes): void {
  const versions = bucket.versions.get(keyOf(name)) ?? []
  const object = versions.at(-1)?.object
  if (!object) throw new Error('no object to damage')
  const content = contentOf(bytes)
  if (content.length < object.content.length) object.content = content
  else {
    const lastModified = Date.now()
    const versionId = `damaged ${versions.length}`
    versions.push({ versionId, lastModified, object: { facts: object.facts, content } })
  }
}

export function markObject({ bucket }: World, name: Name): void {
  bucket.mark(keyOf(name))
}

/** Later, rebuilding it from the bucket belongs here. */
export function loseIndex({ index }: World): void {
  index.rows.clear()
}

export type CacheHarm = 'emptied' | 'removed' | 'ledger lost' | 'ledger overwritten'

export function harmCache({ cache }: World, harm: CacheHarm): void {
  const root = join(cache, 'v1')
  const ledger = join(root, '.ledger.sqlite')
  if (!existsSync(root)) return
  if (harm === 'emptied') rmSync(join(root, 'some-bucket'), { recursive: true, force: true })
  else if (harm === 'removed') rmSync(cache, { recursive: true })
  else if (harm === 'ledger lost') rmSync(ledger, { force: true })
  else writeFileSync(ledger, 'x'.repeat(10_000))
}
