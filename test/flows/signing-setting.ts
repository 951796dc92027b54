import { generateKey } from '../../core/generate-key.ts'
import { parsePublicKey } from '../../core/model/public-key.ts'
import { formatSigningKeys } from '../../core/model/signing-keys.ts'
import type { Secrets } from '../../sandbox/secrets/secrets.ts'

const KEY_PAIR_ID = 'KSIGNING'

/** Makes a secret with a key that signs; answers how CloudFront knows its public half. */
export async function keepSigningKey(secrets: Secrets, secret: string): Promise<Record<string, string>> {
  const key = { ...(await generateKey('ec', Date.now())), keyPairId: KEY_PAIR_ID }
  secrets.create(secret)
  const document = formatSigningKeys({
    formatVersion: 1,
    database: 'main',
    signing: key.name,
    keys: [key],
  })
  secrets.put(secret, key.name.padEnd(32, '0'), document)
  return { [KEY_PAIR_ID]: parsePublicKey(key.publicKey)?.pem ?? '' }
}
