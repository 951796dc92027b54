import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { formatPublicKey, parsePublicKey } from './model/public-key.ts'
import type { SigningKey } from './model/signing-keys.ts'

const generate = promisify(generateKeyPair)

/** A new key to sign URLs with: EC P-256, or RSA of 2048 bits. */
export async function generateKey(type: SigningKey['type'], now: number): Promise<SigningKey> {
  const { publicKey, privateKey } =
    type === 'ec'
      ? await generate('ec', { namedCurve: 'prime256v1' })
      : await generate('rsa', { modulusLength: 2048 })
  const text = formatPublicKey(publicKey)
  const name = parsePublicKey(text)?.name
  if (name === undefined) throw new Error(`no key for CloudFront: ${type}`)
  return {
    ...{ name, type, publicKey: text, createdAt: now },
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}
