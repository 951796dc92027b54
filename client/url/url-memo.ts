import { formatRef, makeRef, type Ref } from '../../core/model/ref.ts'
import { endOfWindow } from '../../core/model/url-expiry.ts'
import { createSingleFlight } from '../read/single-flight.ts'
import { createBoundedMemo } from './bounded-memo.ts'
import type { KeySource } from './key-source.ts'
import type { SignedUrl, UrlRequest, Urls } from './urls.ts'

const REMEMBERED = 20_000

interface Entry {
  readonly signed: SignedUrl
  readonly keyPairId: string | null
  /** Milliseconds since 1970: from then on another URL is given out. */
  readonly end: number
}

export interface UrlMemoParts {
  urls: Urls
  keys: Pick<KeySource, 'known'>
  /** Milliseconds. */
  lifetime: number
  now(): number
}

/** Gives out the same URL within its window, as long as the key that signed it does. */
export function createUrlMemo({ urls, keys, lifetime, now }: UrlMemoParts): Urls {
  const memo = createBoundedMemo<Entry>(REMEMBERED)
  const once = createSingleFlight<SignedUrl | undefined>()

  function remembered(name: string): SignedUrl | undefined {
    const entry = memo.get(name)
    const left = entry ? entry.end - now() : 0
    // More than a window is left of what was signed while the clock was ahead.
    if (!entry || left <= 0 || left > lifetime / 2) return undefined
    return entry.keyPairId === keys.known()?.keyPairId ? entry.signed : undefined
  }

  async function make(name: string, ref: Ref, request: UrlRequest): Promise<SignedUrl | undefined> {
    const signed = await urls.url(ref, request)
    if (!signed) return undefined
    const keyPairId = new URL(signed.url).searchParams.get('Key-Pair-Id')
    memo.set(name, { signed, keyPairId, end: endOfWindow(signed.expires, lifetime) })
    return signed
  }

  return {
    async url(given, request = {}) {
      const ref = makeRef(given.oid, given.tid)
      const name = nameOf(ref, request)
      return remembered(name) ?? once(name, () => make(name, ref, request))
    },
  }
}

/** Two requests have one name only when they are the same: of what could be any text, the length comes before the first. */
function nameOf(ref: Ref, { disposition, contentType, filename }: UrlRequest): string {
  const shown = disposition === 'inline' ? 'i' : 'a'
  const type = typeof contentType !== 'string' ? '' : `${contentType.length} ${contentType}`
  return `${formatRef(ref)} ${shown} ${type} ${filename ?? ''}`
}
