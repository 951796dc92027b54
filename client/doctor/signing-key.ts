import { createPublicKey } from 'node:crypto'
import { createSecret } from '../../core/aws/secret.ts'
import type { UrlKey } from '../../core/aws/sign-url.ts'
import type { Config } from '../../core/model/config.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { formatPublicKey, parsePublicKey } from '../../core/model/public-key.ts'
import { type Delivery, deliveryOf } from '../settings.ts'
import { createKeySource } from '../url/key-source.ts'
import { type Condition, type Diagnosis, diagnose, isDenied } from './diagnosis.ts'

/** Of each database with signed URLs: whether these credentials could sign one. */
export async function* examineSigningKeys(config: Config): AsyncGenerator<Diagnosis> {
  for (const [database, settings] of Object.entries(config.databases))
    if (settings.delivery)
      yield await diagnose(`signing key ${database}`, () => {
        const delivery = deliveryOf(settings)
        if (!delivery) return { level: 'skipped', told: 'the configuration names no edge yet' }
        return examineSigningKey(config, database, delivery)
      })
}

async function examineSigningKey(
  config: Config,
  database: string,
  { edge, signingKeys }: Delivery,
): Promise<Condition> {
  const secret = createSecret(signingKeys, config)
  try {
    const key = await createKeySource({ database, secret, tell: () => {}, now: Date.now }).current()
    requireWhole(key)
    return { level: 'ok', told: `the key ${key.name} signs URLs of ${edge}` }
  } catch (error) {
    if (!isDenied(error)) throw error
    const told = `these credentials may not read secret:${signingKeys}, and make no URLs`
    return { level: 'warn', told, mend: 'give hosts that make URLs the role signer of their database too' }
  }
}

/** The edge knows the public half by the same name. */
function requireWhole({ name, privateKey }: UrlKey): void {
  if (nameOf(privateKey) === name) return
  throw new NiceBlobsError('FORMAT_UNKNOWN', 'the private key is none, or another’s', {
    subject: name,
    hint: 'see in docs/operations.md how keys are made anew',
  })
}

/** Without what went wrong: who knows what that tells of the key. */
function nameOf(privateKey: string): string | undefined {
  try {
    return parsePublicKey(formatPublicKey(createPublicKey(privateKey)))?.name
  } catch {
    return undefined
  }
}
