import type { SignedUrl } from '../../../client/index.ts'
import { type Answer, askEdge } from './ask-edge.ts'

/** A link that opens nothing, and what the edge says to it. */
export interface Refusal {
  what: string
  url: string
  answer: Answer
}

/** What somebody could try with a link that they were given. */
export function forgeries(
  given: string,
  other: string,
): Record<'blob' | 'name' | 'expiry' | 'unsigned', string> {
  const { origin, pathname, search } = new URL(given)
  const change = (name: string, to: string) => given.replace(new RegExp(`([?&]${name}=)[^&]*`), `$1${to}`)
  const expires = Number(new URL(given).searchParams.get('Expires'))
  return {
    blob: origin + new URL(other).pathname + search,
    name: change('response-content-disposition', 'inline'),
    expiry: change('Expires', String(expires + 86_400)),
    unsigned: origin + pathname,
  }
}

export async function refuseAll(
  [one, other]: readonly { shown: SignedUrl }[],
  expired: string,
): Promise<Refusal[]> {
  if (!one || !other) throw new Error('two blobs are needed to take one’s signature for the other')
  const forged = forgeries(one.shown.url, other.shown.url)
  const links: [string, string][] = [
    ['signed yesterday, and expired since', expired],
    ['its expiry put off by a day', forged.expiry],
    ['its name and disposition changed', forged.name],
    ['its signature put to another blob', forged.blob],
    ['the blob alone, without a signature', forged.unsigned],
  ]
  return Promise.all(links.map(async ([what, url]) => ({ what, url, answer: await askEdge(url) })))
}
