import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

/** A key that CloudFront verifies URLs with: EC P-256, or RSA of 2048 bits. */
export interface PublicKey {
  /** The first 16 hex digits of the SHA-256 of its SubjectPublicKeyInfo: what people call it. */
  readonly name: string
  readonly type: 'ec' | 'rsa'
  readonly pem: string
}

/** From its SubjectPublicKeyInfo (RFC 5280) in base64, one line; undefined for any other text or kind of key. */
export function parsePublicKey(text: string): PublicKey | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  try {
    return describe(createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' }))
  } catch {
    return undefined
  }
}

/** The text that parsePublicKey reads. */
export function formatPublicKey(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}

function describe(key: KeyObject): PublicKey | undefined {
  const type = typeOf(key)
  if (type === undefined) return undefined
  const name = createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex')
    .slice(0, 16)
  return { name, type, pem: key.export({ format: 'pem', type: 'spki' }).toString() }
}

function typeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): PublicKey['type'] | undefined {
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ec'
  return asymmetricKeyType === 'rsa' && asymmetricKeyDetails?.modulusLength === 2048 ? 'rsa' : undefined
}
