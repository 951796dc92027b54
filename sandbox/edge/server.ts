import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { xml } from '../s3/answer.ts'
import { Cache } from './cache.ts'
import type { Distribution } from './distribution.ts'
import { createFetch } from './fetch.ts'
import { createOriginClient, type Origin } from './origin.ts'
import { Refusal } from './refusal.ts'
import { writeHead } from './response-headers.ts'
import { checkSignedUrl, takeApart } from './signed-url.ts'
import { matches } from './wildcard.ts'

export interface EdgeOptions {
  /** Its clock, in milliseconds since 1970; the real one by default. */
  now?: () => number
  port?: number
  /** Of the cache, in bytes. */
  cacheSize?: number
}

export interface Edge {
  /** `http://127.0.0.1:…`: there is no HTTPS here, whatever the distribution demands. */
  readonly url: string
  /** Changes the settings from here on, as a deployment does; what the cache has stays. */
  deploy(distribution: Distribution): void
  /** Forgets what lies at these paths, in which * stands for any characters. */
  invalidate(path: string): void
  close(): Promise<void>
}

const KEEP_ALIVE_MS = 60_000
const LONGEST_REQUEST_BYTES = 20_480
const LONGEST_URL_BYTES = 8192
const CACHE_SIZE = 2 ** 26

/**
 * One location of CloudFront with one distribution, as its Developer Guide describes it: signed URLs (no signed cookies), cache
 * key, ranges, conditional requests, and the response headers policy. Errors are not cached, nothing is compressed.
 */
export async function startEdge(
  first: Distribution,
  origin: Origin,
  options: EdgeOptions = {},
): Promise<Edge> {
  const { now = Date.now, port = 0, cacheSize = CACHE_SIZE } = options
  const cache = new Cache(cacheSize, now)
  const client = createOriginClient(origin, first.bucket, now)
  const fetch = createFetch(client, cache, now)
  let distribution = first

  async function serve(incoming: IncomingMessage, response: ServerResponse, origin: string) {
    const { method = '', url = '/', headers, socket } = incoming
    if (Buffer.byteLength(`${origin}${url}`) > LONGEST_URL_BYTES)
      throw new Refusal(413, 'RequestHeaderFieldsTooLarge', 'The URL is too long')
    const isRead = method === 'GET' || method === 'HEAD'
    if (!isRead || !distribution.allowedMethods.includes(method))
      throw new Refusal(403, 'AccessDenied', 'This distribution is not configured to allow this method')
    if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)
      throw new Refusal(403, 'AccessDenied', 'A GET request has no body')
    const received = takeApart(url)
    const viewer = { time: now(), address: socket.remoteAddress ?? '' }
    checkSignedUrl(received, origin, distribution.publicKeys, viewer)
    await fetch(distribution, { method, ...received, headers }, response)
  }

  const settings = {
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: LONGEST_REQUEST_BYTES,
  }
  const server = createServer(settings, (incoming, response) => {
    response.setHeader('date', new Date(now()).toUTCString())
    serve(incoming, response, `http://${incoming.headers.host}`).catch(error => refuse(response, error))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deploy: changed => {
      distribution = changed
    },
    invalidate: pattern => cache.forget(key => matches(pattern, key.replace(/\?.*/s, ''))),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
        client.close()
      }),
  }
}

/** Without the headers of the policy, which are for what the bucket or the cache answered. */
function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  // A bucket that cannot be asked, or a fault of ours: a viewer may try again.
  const { status, code, message } =
    error instanceof Refusal ? error : new Refusal(502, 'BadGateway', String(error))
  const body = xml('Error', { Code: code, Message: message })
  const headers = { server: 'CloudFront', 'content-type': 'text/xml', connection: 'close' }
  writeHead(response, status, { ...headers, 'content-length': String(Buffer.byteLength(body)) }, 'Error')
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
