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

/** Another stack has other keys, and may know the same ones by other ids. The secret may be named by its ARN, too. */
export function requireOwner(
  secretName: string,
  { stack, database }: { stack: string; database: string },
): void {
  const own = signingKeysName(stack, database)
  const [, name = secretName] = /^arn:.*:secret:(.+)-[A-Za-z0-9]{6}$/.exec(secretName) ?? []
  if (name === own) return
  throw new NiceBlobsError(
    'CONFIG_INVALID',
    `these are outputs of the stack "${stack}", whose secret is ${own}`,
    {
      subject: `secret:${secretName}`,
      hint: 'name the outputs of the stack that has made this secret, or with --stack which of several',
    },
  )
}

function secretNameOf({ databases, stack }: Config, database: string): string | undefined {
  const named = databases[database]?.delivery?.signingKeys
  if (named !== undefined || stack?.delivery === undefined) return named
  const delivered = Object.hasOwn(stack.delivery.databases, database)
  return delivered ? signingKeysName(stack.name, database) : undefined
}
