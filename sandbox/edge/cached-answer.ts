import { byteRange } from '../s3/call.ts'
import { judgeConditions, withoutContent } from '../s3/conditions.ts'
import { bytesOf, type Entry, type Headers } from './cache.ts'

export interface CachedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer | undefined
}

/**
 * What the cache can answer by itself; undefined where it has not got all the bytes. Throws an S3Error for a range with nothing in
 * it. `time` is in milliseconds since 1970.
 */
export function answerFrom(
  entry: Entry,
  method: string,
  header: (name: string) => string | undefined,
  time: number,
): CachedAnswer | undefined {
  const { etag = '', 'last-modified': lastModified = '' } = entry.headers
  const age = Math.max(0, Math.floor((time - entry.storedAt) / 1000))
  const headers = { ...entry.headers, age: String(age) }
  const judged = judgeConditions(header, { etag, lastModified })
  if (judged !== undefined) return { status: judged, headers: withoutContent(headers), bytes: undefined }

  const ifRange = header('if-range')
  const same = ifRange === undefined || ifRange === etag || ifRange === lastModified
  const range = same ? byteRange(header('range'), entry.size) : undefined
  const { start, end } = range ?? { start: 0, end: entry.size - 1 }
  const bytes = method === 'HEAD' ? undefined : bytesOf(entry, start, end)
  if (method !== 'HEAD' && bytes === undefined) return undefined
  const about = {
    'content-length': String(end - start + 1),
    ...(range && { 'content-range': `bytes ${start}-${end}/${entry.size}` }),
  }
  return { status: range ? 206 : 200, headers: { ...headers, ...about }, bytes }
}
