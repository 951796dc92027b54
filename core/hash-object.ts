import { createHash } from 'node:crypto'
import { BlobUnavailable } from './model/errors.ts'
import type { BlobBucket, StoredBlob } from './ports.ts'

const READINGS = 3

/**
 * The current object of a key with the SHA-256 of its bytes, read to their end. A body that breaks off is read again,
 * and then it is a BlobUnavailable: nothing is known of bytes that did not come.
 */
export async function hashObject(
  bucket: BlobBucket,
  key: string,
  signal?: AbortSignal,
): Promise<(StoredBlob & { readSha256: string }) | undefined> {
  for (let reading = 1; ; reading += 1) {
    try {
      const found = await bucket.get(key, signal)
      return found && { ...found.stored, readSha256: await hashBody(found.body) }
    } catch (error) {
      if (!(error instanceof BlobUnavailable) || reading === READINGS || signal?.aborted) throw error
    }
  }
}

async function hashBody(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of body) hash.update(chunk)
  return hash.digest('hex')
}
