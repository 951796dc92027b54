import { createHash } from 'node:crypto'
import { NiceBlobsError } from '../../core/model/errors.ts'
import type { BlobBucket, BlobFacts, StoredBlob } from '../../core/ports.ts'

interface Version {
  /** Undefined where no versions are kept. */
  versionId: string | undefined
  lastModified: number
  /** Undefined for a delete marker. */
  object: { facts: BlobFacts; content: Buffer } | undefined
}

/** A bucket in memory, with the doors tests need. */
export interface MemoryBucket extends BlobBucket {
  /** Of each key, the oldest first; where no versions are kept, one at most. */
  versions: Map<string, Version[]>
  /** A new object, or without one a delete marker. */
  add(key: string, object: Version['object']): Version
  /** Places a delete marker, as the sweeper does. */
  mark(key: string): void
  /** Changes the stored bytes behind everybody's back. */
  damage(key: string, content: Buffer): void
  /** How far all objects are replicated, from now on. */
  replicate(status: StoredBlob['replication']): void
  /** What every call throws from now on, until it is taken back. */
  failWith(error: Error | undefined): void
}

export function createMemoryBucket({ now = Date.now, versioned = true } = {}): MemoryBucket {
  const versions = new Map<string, Version[]>()
  let failure: Error | undefined
  let replication: StoredBlob['replication']
  let counter = 0
  const nextVersion = () => `v${++counter}`
  const current = (key: string) => {
    if (failure) throw failure
    return versions.get(key)?.at(-1)
  }
  const add = (key: string, object: Version['object']) => {
    const lastModified = Math.floor(now() / 1000) * 1000
    const version = { versionId: versioned ? nextVersion() : undefined, lastModified, object }
    versions.set(key, versioned ? [...(versions.get(key) ?? []), version] : [version])
    return version
  }

  return {
    versions,
    add,
    async put(key, facts, bytes) {
      if (current(key)?.object) return { outcome: 'present' }
      const content = await collect(bytes.open())
      if (sha256(content) !== facts.sha256) throw bytesRefused(key)
      // Another may have been faster meanwhile.
      if (current(key)?.object) return { outcome: 'present' }
      const { versionId } = add(key, { facts, content })
      return { outcome: 'stored', vouched: true, versionId }
    },
    async head(key) {
      const version = current(key)
      return version?.object && describeObject(version, version.object, replication)
    },
    async get(key) {
      const version = current(key)
      if (!version?.object) return undefined
      const { content } = version.object
      return { stored: describeObject(version, version.object, replication), body: chunks(content) }
    },
    async *list(prefix) {
      for (const key of [...versions.keys()].sort()) {
        const object = current(key)?.object
        if (object && key.startsWith(prefix)) yield { key, size: object.content.length }
      }
    },
    mark: key => {
      add(key, undefined)
    },
    damage: (key, content) => {
      const object = current(key)?.object
      if (object) object.content = content
    },
    replicate: status => {
      replication = status
    },
    failWith: error => {
      failure = error
    },
  }
}

export function describeObject(
  version: Omit<Version, 'object'>,
  { facts, content }: NonNullable<Version['object']>,
  replication?: StoredBlob['replication'],
): StoredBlob {
  const { versionId, lastModified } = version
  const vouched = sha256(content) === facts.sha256
  const stored = { ...facts, size: content.length, versionId, lastModified, vouched }
  return { ...stored, ...(replication && { replication }) }
}

async function* chunks(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += 65_536) yield content.subarray(start, start + 65_536)
}

async function collect(from: Buffer | AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (Buffer.isBuffer(from)) return Buffer.from(from)
  const parts: Uint8Array[] = []
  for await (const part of from) parts.push(part)
  return Buffer.concat(parts)
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function bytesRefused(key: string): NiceBlobsError {
  return new NiceBlobsError('SOURCE_CHANGED', 'other bytes than were hashed', { subject: key, hint: 'none' })
}
