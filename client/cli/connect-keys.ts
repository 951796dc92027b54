import { createSecret } from '../../core/aws/secret.ts'
import type { KeyRing } from '../../core/key-ring.ts'
import { type Config, defaultDelivery } from '../../core/model/config.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { signingKeysName } from '../../core/model/signing-keys.ts'

/** The signing keys of one database, by a host's configuration or by the one that is deployed. */
export function connectKeys(config: Config, database: string): { ring: KeyRing; secretName: string } {
  const secretName = secretNameOf(config, database)
  if (secretName === undefined)
    throw new NiceBlobsError('CONFIG_INVALID', 'the database has no place for signing keys', {
      subject: `databases.${database}.delivery.signingKeys`,
      hint: `name the database in stack.delivery.databases and deploy; on a host, take over what nice-blobs init writes then`,
    })
  const { lifetime } = config.databases[database]?.delivery ?? defaultDelivery
  const secret = createSecret(secretName, config)
  return { ring: { database, secret, lifetime, now: Date.now }, secretName }
}

export function hasKeys(config: Config, database: string): boolean {
  return secretNameOf(config, database) !== undefined
}

function secretNameOf({ databases, stack }: Config, database: string): string | undefined {
  const named = databases[database]?.delivery?.signingKeys
  if (named !== undefined || stack?.delivery === undefined) return named
  const delivered = Object.hasOwn(stack.delivery.databases, database)
  return delivered ? signingKeysName(stack.name, database) : undefined
}
