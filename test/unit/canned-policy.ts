import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto'

/** A signed URL verified as CloudFront's documentation has it ("Create a signed URL using a canned policy"), and by nothing of ours. */

/** Whether the URL's signature is that of its canned policy by the key. Throws for what is no such URL. */
export function isSignedBy(url: string, key: KeyObject): boolean {
  const [, plain, query] = /^(.+)&(Expires=.+)$/.exec(url) ?? []
  if (plain === undefined) throw new Error('no signed URL')
  const parameters = new URLSearchParams(query)
  const names = [...parameters.keys()].sort().join(' ')
  if (names !== 'Expires Hash-Algorithm Key-Pair-Id Signature') throw new Error(`signed with ${names}`)
  if (parameters.get('Hash-Algorithm') !== 'SHA256') throw new Error('another algorithm')
  const policy = `{"Statement":[{"Resource":"${plain}","Condition":{"DateLessThan":{"AWS:EpochTime":${parameters.get('Expires')}}}}]}`
  return verify('sha256', Buffer.from(policy), key, signatureIn(parameters.get('Signature') ?? ''))
}

/** Base64 with `-` for `+`, `_` for `=` and `~` for `/`. */
function signatureIn(text: string): Buffer {
  if (!/^[A-Za-z0-9~_-]+$/.test(text)) throw new Error('no signature')
  return Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64')
}

export type KeyType = 'ec' | 'rsa'

export function makeKeys(type: KeyType): { publicKey: KeyObject; privateKey: string } {
  const { publicKey, privateKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { publicKey, privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() }
}
