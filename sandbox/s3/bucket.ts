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
  /** The MD5 of the key that its writer encrypted it with. */
  readonly customerKey?: string | undefined
}

/** As S3 says in x-amz-replication-status: of an object that is to be replicated, and of one that is a replica. */
export type Replication = 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA'

export interface Version {
  readonly key: string
  readonly versionId: string
  /** Grows with every write to the bucket: the order of versions, also after a restart, and their file name. */
  readonly sequence: number
  readonly lastModified: string
  /** A version without an object is a delete marker. */
  readonly object?: StoredObject
  readonly replication?: Replication | undefined
}

/** What a bucket asks for each new version. */
export interface Rules {
  /** In milliseconds since 1970. */
  now(): number
  replication(): Replication | undefined
}

const BY_DEFAULT: Rules = { now: Date.now, replication: () => undefined }

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
  readonly #rules: Rules
  /** Newest first. A key whose versions are all gone stays, with none. */
  readonly #versions = new Map<string, readonly Version[]>()
  readonly #keys: string[] = []
  #sorted = true
  #lastSequence = 0

  constructor(root: string, name: string, rules: Rules = BY_DEFAULT) {
    this.name = name
    this.#rules = rules
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
    const kept = object && { object, replication: this.#rules.replication() }
    const version = { key, versionId, sequence, lastModified: this.timestamp(), ...kept }
    saveAs?.(this.bytesFile(version))
    this.#record(version)
    this.#remember(version)
    return version
  }

  replicate(version: Version, replication: Replication | undefined): void {
    const { key, sequence } = version
    const changed = { ...version, replication }
    this.#record(changed)
    const all = this.versions(key).map(each => (each.sequence === sequence ? changed : each))
    this.#versions.set(key, all)
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

  /** Its own time: S3 knows whole seconds only. */
  timestamp(): string {
    return `${new Date(this.#rules.now()).toISOString().slice(0, 19)}.000Z`
  }

  #record(version: Version): void {
    replaceFile(this.path('versions', `${version.sequence}.json`), JSON.stringify(version))
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

/** From a version id, also when the version is gone; of the null version, which is older than all others, 0. */
export function sequenceOf(versionId: string): number {
  if (versionId === NULL_VERSION) return 0
  const [, sequence] = /^([0-9a-z]{9})\.[0-9a-f]{22}$/.exec(versionId) ?? []
  return Number.parseInt(sequence ?? refuse(400, 'InvalidArgument', 'Invalid version id specified'), 36)
}
