import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { S3Error, xml } from '../s3/answer.ts'
import { divide } from '../s3/call.ts'
import type { Cache, Headers } from './cache.ts'
import { answerFrom } from './cached-answer.ts'
import type { Distribution } from './distribution.ts'
import type { OriginClient } from './origin.ts'
import { applyPolicy, passedOn, type Result, writeHead } from './response-headers.ts'
import { matches } from './wildcard.ts'

/** Of a viewer who may have it. */
interface Wanted {
  readonly method: 'GET' | 'HEAD'
  readonly path: string
  readonly query: readonly string[]
  readonly headers: IncomingHttpHeaders
}

type Fetch = (distribution: Distribution, wanted: Wanted, response: ServerResponse) => Promise<void>

/** They reach the bucket where the cache cannot answer; all others do not. */
const FORWARDED = [
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
]

/** Answers from the cache, or else from the bucket and into the cache. */
export function createFetch(client: OriginClient, cache: Cache, now: () => number): Fetch {
  return async (distribution, { method, path, query: all, headers }, response) => {
    const query = all.filter(pair => distribution.queryStrings.includes(divide(pair, '=')[0]))
    const key = `${path}?${query.join('&')}`
    const write = (status: number, said: Headers, result: Result) =>
      writeHead(response, status, applyPolicy(said, distribution), status < 400 ? result : 'Error')

    async function fromBucket() {
      const forwarded = FORWARDED.flatMap(name => (headers[name] ? [[name, String(headers[name])]] : []))
      const asked = { method, path, query, headers: Object.fromEntries(forwarded) }
      const answer = await ask(client, distribution, asked)
      const { statusCode: status = 502 } = answer
      write(status, passedOn(answer.headers), 'Miss')
      const whole = await pass(answer, response, method === 'GET' && status < 300 ? cache.largestPiece : 0)
      if (whole) cache.keep(key, ...describe(answer, whole), distribution.lifetimes)
    }

    try {
      const entry = cache.find(key)
      const cached = entry && answerFrom(entry, method, name => headers[name]?.toString(), now())
      if (!cached) return await fromBucket()
      write(cached.status, cached.headers, 'Hit')
      response.end(cached.bytes)
    } catch (error) {
      if (!(error instanceof S3Error) || response.headersSent) throw error
      const body = xml('Error', { Code: error.code, Message: error.message })
      write(error.status, { ...error.headers, 'content-type': 'application/xml' }, 'Error')
      response.end(method === 'HEAD' ? undefined : body)
    }
  }
}

/** As the bucket's policy has it: only some keys, and no word about what is not there, as the edge may list nothing. */
async function ask(
  client: OriginClient,
  { readable }: Distribution,
  asked: Parameters<OriginClient['ask']>[0],
) {
  const denied = new S3Error(403, 'AccessDenied', 'Access Denied')
  const key = keyOf(asked.path)
  if (!readable.some(pattern => matches(pattern, key))) throw denied
  const answer = await client.ask(asked)
  if (answer.statusCode !== 404) return answer
  answer.resume()
  throw denied
}

function keyOf(path: string): string {
  try {
    return decodeURIComponent(path.slice(1))
  } catch {
    throw new S3Error(400, 'InvalidURI', 'The path cannot be decoded')
  }
}

/** Answers all the bytes, where they are no more than this; a viewer gets the first before the last have come. */
async function pass(answer: IncomingMessage, response: ServerResponse, most: number) {
  const keep = Number(answer.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= most
  const chunks: Buffer[] = []
  const watch = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      if (keep) chunks.push(chunk)
      yield chunk
    }
  }
  await pipeline(answer, watch, response)
  return keep ? Buffer.concat(chunks) : undefined
}

function describe({ headers: all }: IncomingMessage, bytes: Buffer) {
  const { 'content-range': range, 'content-length': _, ...headers } = all
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(range ?? '') ?? []
  const found = { headers: passedOn(headers), size: Number(size ?? bytes.length) }
  return [found, { start: Number(start ?? 0), bytes }] as const
}
