import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { refuse } from './answer.ts'
import type { Checksum } from './checksums.ts'
import { utf8Order } from './key-order.ts'

export interface StoredObject {
  readonly size: number
  readonly etag: string
  readonly checksum: Checksum | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly storageClass: string
}

export interface Version {
  readonly key: string
  readonly versionId: string
  /** Grows with every write to the bucket: the order of versions, also after a restart, and their file name. */
  readonly sequence: number
  readonly lastModified: string
  /** A version without an object is a delete marker. */
  readonly object?: StoredObject
}

/** Of what was written while the bucket had no versioning; there is one of a key at most. */
const NULL_VERSION = 'null'

/**
 * `<directory>/{versioned,uploads/…,versions/17.json,versions/17.bytes}`, the versions known by heart. A version
 * exists while its record does, which is written last and removed first. Each change is one synchronous step, so
 * that of two conditional writes only one finds its key free.
 */
export class Bucket {
  readonly name: string
  readonly #directory: string
  /** Newest first. A key whose versions are all gone stays, with none. */
  readonly #versions = new Map<string, readonly Version[]>()
  readonly #keys: string[] = []
  #sorted = true
  #lastSequence = 0

  constructor(root: string, name: string) {
    this.name = name
    this.#directory = join(root, name)
    mkdirSync(this.path('uploads'), { recursive: true })
    mkdirSync(this.path('versions'), { recursive: true })
    for (const version of loadVersions(this.path('versions'))) this.#remember(version)
  }

  path(...names: readonly string[]): string {
    return join(this.#directory, ...names)
  }

  bytesFile(version: Version): string {
    return this.path('versions', `${version.sequence}.bytes`)
  }

  get versioned(): boolean {
    return existsSync(this.path('versioned'))
  }

  enableVersioning(): void {
    writeFileSync(this.path('versioned'), '')
  }

  /** All that there ever were, in the order of their UTF-8 bytes; sorted when somebody lists. */
  get keys(): readonly string[] {
    if (!this.#sorted) this.#keys.sort(utf8Order)
    this.#sorted = true
    return this.#keys
  }

  /** Newest first. */
  versions(key: string): readonly Version[] {
    return this.#versions.get(key) ?? []
  }

  find(key: string, versionId?: string): Version | undefined {
    if (versionId === undefined) return this.versions(key)[0]
    sequenceOf(versionId)
    return this.versions(key).find(version => version.versionId === versionId)
  }

  /** A new object, or without one a delete marker. */
  add(key: string, object?: StoredObject, saveAs?: (file: string) => void): Version {
    const sequence = this.#lastSequence + 1
    const head = sequence.toString(36).padStart(9, '0')
    const versionId = this.versioned ? `${head}.${randomBytes(11).toString('hex')}` : NULL_VERSION
    const version = { key, versionId, sequence, lastModified: now(), ...(object && { object }) }
    saveAs?.(this.bytesFile(version))
    replaceFile(this.path('versions', `${sequence}.json`), JSON.stringify(version))
    this.#remember(version)
    return version
  }

  remove(key: string, versionId = NULL_VERSION): Version | undefined {
    const gone = this.find(key, versionId)
    if (gone === undefined) return undefined
    rmSync(this.path('versions', `${gone.sequence}.json`))
    rmSync(this.bytesFile(gone), { force: true })
    const left = this.versions(key).filter(version => version !== gone)
    this.#versions.set(key, left)
    return gone
  }

  #remember(version: Version): void {
    const { key, versionId, sequence } = version
    if (versionId === NULL_VERSION) this.remove(key)
    if (!this.#versions.has(key)) {
      this.#keys.push(key)
      this.#sorted = false
    }
    this.#versions.set(key, [version, ...this.versions(key)])
    this.#lastSequence = sequence
  }
}

/** Oldest first; removes what a killed server left unfinished. */
function loadVersions(directory: string): Version[] {
  const names = readdirSync(directory)
  const records = new Set(names.filter(name => name.endsWith('.json')))
  for (const name of names) if (!records.has(name.replace(/\.bytes$/, '.json'))) rmSync(join(directory, name))
  const versions = [...records].map(name => readJson<Version>(join(directory, name)))
  return versions.filter(version => version !== undefined).sort((a, b) => a.sequence - b.sequence)
}

/** Whole or not at all, for a process that may be killed; not for a machine that loses its power. */
export function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

export function readJson<T>(file: string): T | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** S3 knows whole seconds only. */
export function now(): string {
  return `${new Date().toISOString().slice(0, 19)}.000Z`
}

/** From a version id, also when the version is gone; of the null version, which is older than all others, 0. */
export function sequenceOf(versionId: string): number {
  if (versionId === NULL_VERSION) return 0
  const [, sequence] = /^([0-9a-z]{9})\.[0-9a-f]{22}$/.exec(versionId) ?? []
  return Number.parseInt(sequence ?? refuse(400, 'InvalidArgument', 'Invalid version id specified'), 36)
}
