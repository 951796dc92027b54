import { generateKeyPairSync } from 'node:crypto'
import { formatPublicKey, parsePublicKey } from '../../core/model/public-key.ts'

/** A public key as an operator copies it into the configuration. Its private key is nowhere. */
export function newPublicKey(type: 'ec' | 'rsa' = 'ec'): string {
  const { publicKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return formatPublicKey(publicKey)
}

export function nameOfKey(text: string): string {
  const name = parsePublicKey(text)?.name
  if (name === undefined) throw new Error('this is no public key')
  return name
}
