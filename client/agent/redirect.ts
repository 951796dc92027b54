/** In seconds: between an answer and its use, and between this clock and the edge's. */
const MARGIN = 30

/**
 * How long a browser may keep a redirect to a signed URL, as Cache-Control: not until the URL expires. Both are milliseconds
 * since 1970. No cache that several share may keep one at all: the application judges each who asks.
 */
export function keepRedirect(expires: number, now: number): string {
  const seconds = Math.floor((expires - now) / 1000) - MARGIN
  return seconds > 0 ? `private, max-age=${seconds}` : 'no-store'
}
