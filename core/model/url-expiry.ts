/**
 * When signed URLs expire. All that are made within one window, half a lifetime, expire together, so that a blob's URL
 * repeats and browsers find it in their caches. Milliseconds throughout; a lifetime is a whole number of even seconds.
 */

/** A whole second: more than half the lifetime from now, and at the most all of it. */
export function expiryOf(now: number, lifetime: number): number {
  const window = lifetime / 2
  return Math.floor((now + lifetime) / window) * window
}

/** From when on another expiry is given out than this one. */
export function endOfWindow(expires: number, lifetime: number): number {
  return expires - lifetime / 2
}
