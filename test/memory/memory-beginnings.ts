import type { BlobBeginnings, BlobBucket } from '../../core/ports.ts'

/** The beginnings of what a bucket in memory holds, which fails with it. */
export function createMemoryBeginnings(bucket: Pick<BlobBucket, 'get'>): BlobBeginnings {
  return {
    async read(key, length) {
      const found = await bucket.get(key)
      if (!found) return undefined
      const parts: Uint8Array[] = []
      for await (const part of found.body) parts.push(part)
      return { stored: found.stored, bytes: Buffer.concat(parts).subarray(0, length) }
    },
  }
}
