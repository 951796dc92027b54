import { verdictKey } from './model/key.ts'
import { parseVerdict, type Verdict } from './model/verdict.ts'
import type { BlobBucket } from './ports.ts'

/** Bytes: a verdict is a few words. */
const LARGEST_VERDICT = 1_024

/** Undefined for none. */
export async function readVerdict(
  bucket: Pick<BlobBucket, 'get'>,
  database: string,
  report: string,
): Promise<Verdict | undefined> {
  const key = verdictKey(database, report)
  const found = await bucket.get(key)
  if (!found) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of found.body) {
    chunks.push(chunk)
    size += chunk.length
    if (size > LARGEST_VERDICT) break
  }
  // What is cut off there says nothing, whatever it is.
  return parseVerdict(Buffer.concat(chunks).toString(), key)
}
