import { createHash } from 'node:crypto'
import type { BlobCopies, PredecessorBucket } from '../../core/ports.ts'
import { sourceChanged } from '../../core/source-changed.ts'
import type { MemoryBucket } from './memory-bucket.ts'

/** A predecessor's bucket in memory, with the doors tests need. */
export interface MemoryPredecessor extends PredecessorBucket {
  objects: Map<string, Buffer>
  /** What every call throws from now on, until it is taken back. */
  failWith(error: Error | undefined): void
}

export function createMemoryPredecessor(): MemoryPredecessor {
  const objects = new Map<string, Buffer>()
  let failure: Error | undefined
  const fail = () => {
    if (failure) throw failure
  }
  return {
    objects,
    async *list(prefix) {
      fail()
      const keys = [...objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      for (const key of keys) if (key.startsWith(prefix)) yield { key, size: objects.get(key)?.length ?? 0 }
    },
    async open(key, wanted) {
      fail()
      const content = objects.get(key)
      if (!content) return undefined
      const etag = etagOf(content)
      if (wanted !== undefined && wanted !== etag) throw sourceChanged(key)
      return { size: content.length, etag, md5: etag.slice(1, -1), body: chunks(content) }
    },
    failWith: error => {
      failure = error
    },
  }
}

/** As a server makes them of a bucket of its own. */
export function createMemoryCopies({ objects }: MemoryPredecessor, bucket: MemoryBucket): BlobCopies {
  return {
    async copy({ key, etag }, to, facts) {
      await bucket.head(to)
      if (bucket.versions.get(to)?.at(-1)?.object) return { outcome: 'present' }
      const content = objects.get(key)
      if (!content || etagOf(content) !== etag) throw sourceChanged(key)
      const vouched = createHash('sha256').update(content).digest('hex') === facts.sha256
      const { versionId } = bucket.add(to, { facts, content: Buffer.from(content) })
      return { outcome: 'stored', vouched, versionId }
    },
  }
}

function etagOf(content: Buffer): string {
  return `"${createHash('md5').update(content).digest('hex')}"`
}

async function* chunks(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += 65_536) yield content.subarray(start, start + 65_536)
}
