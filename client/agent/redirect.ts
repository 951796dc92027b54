import type { IncomingHttpHeaders } from 'node:http'

/** In seconds: between an answer and its use, and between this clock and the edge's. */
const MARGIN = 30
/** In seconds: an address of the application's leads to another blob, or to none, once somebody replaces or withdraws the file. */
const FRESH = 60

/** What the application says of the answer at its own address, as far as the server in front passes it on. */
export interface Application {
  cacheControl?: string | undefined
  expires?: string | undefined
}

export function applicationOf(headers: IncomingHttpHeaders): Application {
  const read = (name: string) => headers[name]?.toString()
  return { cacheControl: read('x-nice-blobs-cache-control'), expires: read('x-nice-blobs-expires') }
}

export interface Redirecting {
  /** When the signed URL does, in milliseconds since 1970. */
  expires: number
  /** Whether the application's address leads to this blob for ever. */
  isFixed: boolean
  application: Application
}

/**
 * How long a browser may keep a redirect to a signed URL, as Cache-Control, at a time in milliseconds since 1970: not until the
 * URL expires, nor longer than the application lets its own answer be kept. No cache that several share may keep one at all: the
 * application judges each who asks.
 */
export function keepRedirect({ expires, isFixed, application }: Redirecting, now: number): string {
  const lives = Math.floor((expires - now) / 1000) - MARGIN
  const seconds = Math.min(lives, isFixed ? lives : FRESH, freshFor(application, now))
  return seconds > 0 ? `private, max-age=${seconds}` : 'no-store'
}

/** In seconds (RFC 9111, section 4.2.1), without end where it says nothing. What nobody can read is not fresh. */
function freshFor({ cacheControl = '', expires }: Application, now: number): number {
  if (/\bno-(?:store|cache)\b/i.test(cacheControl)) return 0
  const ages = [...cacheControl.matchAll(/\bmax-age\s*=\s*"?(\d+)/gi)].map(([, seconds]) => Number(seconds))
  if (ages.length > 0) return Math.min(...ages)
  if (/\b(?:max-age|must-revalidate)\b/i.test(cacheControl)) return 0
  if (expires === undefined) return Number.POSITIVE_INFINITY
  const seconds = Math.floor((Date.parse(expires) - now) / 1000)
  return Number.isNaN(seconds) ? 0 : seconds
}
