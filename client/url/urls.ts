import type { signUrl } from '../../core/aws/sign-url.ts'
import {
  type Disposition,
  formatDisposition,
  judgeDisposition,
  type Wanted,
} from '../../core/model/disposition.ts'
import { blobKey } from '../../core/model/key.ts'
import { makeRef, type Ref } from '../../core/model/ref.ts'
import { expiryOf } from '../../core/model/url-expiry.ts'
import type { Archived } from './archived.ts'
import type { KeySource } from './key-source.ts'

/** What a URL is asked for with. */
export type UrlRequest = Wanted

export interface SignedUrl {
  /** Opens this one blob for whoever has it, until it expires. Keep it out of logs. */
  readonly url: string
  /** Milliseconds since 1970, whole seconds: half the lifetime away at the least. */
  readonly expires: number
  /** What came of the one that was wanted. */
  readonly disposition: Disposition
}

/** The signed URLs of one database. */
export interface Urls {
  /**
   * Undefined for a blob that is not archived yet: the application sends that by itself. Throws BlobMissing when there is
   * no such blob, and BlobUnavailable when nobody can tell (I11); a URL of a blob that is on none of this host's volumes
   * is made without a question, so that one may lead to nothing.
   */
  url(ref: Ref, request?: UrlRequest): Promise<SignedUrl | undefined>
}

export interface UrlsParts {
  database: string
  /** The edge's own URL, without a slash at its end. */
  edge: string
  /** Milliseconds. */
  lifetime: number
  keys: KeySource
  archived: Archived
  sign: typeof signUrl
  now(): number
}

export function createUrls({ database, edge, lifetime, keys, archived, sign, now }: UrlsParts): Urls {
  async function judge(ref: Ref, request: UrlRequest): Promise<Disposition | undefined> {
    if (request.disposition !== 'inline') return (await archived.has(ref)) ? 'attachment' : undefined
    const content = await archived.look(ref)
    return content && judgeDisposition(request, content)
  }

  return {
    async url(given, request = {}) {
      const ref = makeRef(given.oid, given.tid)
      const disposition = await judge(ref, request)
      if (disposition === undefined) return undefined
      const key = await keys.current()
      const expires = expiryOf(now(), lifetime)
      const header = encodeStrictly(formatDisposition(disposition, request.filename))
      const plain = `${edge}/${blobKey(database, ref)}?response-content-disposition=${header}`
      return { url: sign(plain, expires, key), expires, disposition }
    },
  }
}

/** RFC 3986's reserved characters too: nothing on the way may take one for its own and write it differently. */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
