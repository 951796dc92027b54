import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Headers } from './cache.ts'
import type { Distribution } from './distribution.ts'

export type Result = 'Hit' | 'Miss' | 'Error'

/** Of one connection only, and those that the edge says itself. */
const NOT_PASSED_ON =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|via|age|set-cookie|date)$/
const LOCATION = 'SBX50-P1'
const VIA = `1.1 ${randomBytes(16).toString('hex')}.cloudfront.net (CloudFront)`

/** What a viewer may be told of what the bucket said. */
export function passedOn(headers: IncomingHttpHeaders): Headers {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || NOT_PASSED_ON.test(name) ? [] : [[name, String(value)]],
    ),
  )
}

/** As the distribution's policy has it for all that comes from the bucket or from the cache, errors too. */
export function applyPolicy(headers: Headers, { addedHeaders, removedHeaders }: Distribution): Headers {
  const removed = new Set(removedHeaders.map(name => name.toLowerCase()))
  const kept = Object.entries(headers).filter(([name]) => !removed.has(name))
  const added = addedHeaders
    .map(({ name, value, override }) => ({ name: name.toLowerCase(), value, override }))
    .filter(({ name, override }) => override || headers[name] === undefined)
  return { ...Object.fromEntries(kept), ...Object.fromEntries(added.map(({ name, value }) => [name, value])) }
}

export function writeHead(response: ServerResponse, status: number, headers: Headers, result: Result): void {
  response.writeHead(status, {
    ...headers,
    'x-cache': `${result} from cloudfront`,
    via: VIA,
    'x-amz-cf-pop': LOCATION,
    'x-amz-cf-id': randomBytes(42).toString('base64url'),
  })
}
