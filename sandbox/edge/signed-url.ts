import { verify } from 'node:crypto'
import { divide } from '../s3/call.ts'
import { cannedPolicy, isAllowed, parsePolicy, type Viewer } from './policy.ts'
import { denied, Refusal } from './refusal.ts'

/** A URL as it came, taken apart without any decoding: a signature is of its bytes. */
export interface ReceivedUrl {
  readonly path: string
  /** `name=value` each, without what signs. */
  readonly query: readonly string[]
  readonly signing: Readonly<Record<string, string>>
}

const SIGNING = new Set(['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'])
const HASHES: Readonly<Record<string, string>> = { SHA1: 'sha1', SHA256: 'sha256' }
/** Unix time of 32 bits. */
const LATEST = 2 ** 31 - 1

export function takeApart(url: string): ReceivedUrl {
  const [path, search] = divide(url, '?')
  const pairs = url.includes('?') ? search.split('&').map(pair => ({ pair, name: divide(pair, '=')[0] })) : []
  const signing = pairs.filter(({ name }) => SIGNING.has(name))
  // Which of two counts is documented nowhere.
  if (new Set(signing.map(({ name }) => name)).size < signing.length) throw denied()
  return {
    path,
    query: pairs.filter(({ name }) => !SIGNING.has(name)).map(({ pair }) => pair),
    signing: Object.fromEntries(signing.map(({ pair }) => divide(pair, '='))),
  }
}

/**
 * Throws a Refusal unless a key of these (PEM, by id) signed a policy that lets this viewer have this resource now. With
 * `Policy` it is that one; without, the canned one: this very URL, until `Expires`.
 */
export function checkSignedUrl(
  { path, query, signing }: ReceivedUrl,
  origin: string,
  keys: Readonly<Record<string, string>>,
  viewer: Viewer,
): void {
  const { Expires, Policy, Signature, 'Key-Pair-Id': id = '', 'Hash-Algorithm': hash = 'SHA1' } = signing
  if (id === '') throw new Refusal(403, 'MissingKey', 'Missing Key-Pair-Id query parameter or cookie value')
  const key = Object.hasOwn(keys, id) ? keys[id] : undefined
  if (key === undefined) throw new Refusal(403, 'InvalidKey', 'Unknown Key')

  const resource = [`${origin}${path}`, ...(query.length > 0 ? [query.join('&')] : [])].join('?')
  const algorithm = Object.hasOwn(HASHES, hash) ? HASHES[hash] : undefined
  const signature = decode(Signature)
  const text = policyText(resource, Expires, Policy)
  if (text === undefined || algorithm === undefined || signature === undefined) throw denied()
  if (!verify(algorithm, text, key, signature)) throw denied()
  const policy = parsePolicy(text)
  if (policy === undefined || !isAllowed(policy, resource, viewer)) throw denied()
}

/** What has to be signed. Both at once are refused: which of them counts is documented nowhere. */
function policyText(resource: string, expires?: string, policy?: string): Buffer | undefined {
  if (policy !== undefined) return expires === undefined ? decode(policy) : undefined
  if (expires === undefined || !/^[1-9]\d*$/.test(expires) || Number(expires) > LATEST) return undefined
  return Buffer.from(cannedPolicy(resource, expires))
}

/** Base64 in which what has a meaning in a URL is replaced; one text only for the same bytes. */
function decode(text = ''): Buffer | undefined {
  if (!/^[A-Za-z0-9~-]+_{0,2}$/.test(text)) return undefined
  const base64 = text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/')
  const bytes = Buffer.from(base64, 'base64')
  return bytes.toString('base64') === base64 ? bytes : undefined
}
