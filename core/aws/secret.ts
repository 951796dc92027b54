import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { Config } from '../model/config.ts'
import { BlobUnavailable } from '../model/errors.ts'
import type { Secret } from '../ports.ts'
import { TIME_OUTS } from './s3-client.ts'
import { hasName, translateError, withoutContents } from './translate-error.ts'

const ATTEMPTS = 4

type Place = Pick<Config, 'secrets' | 'bucket'>

export function createSecretsClient({ secrets, bucket }: Place): SecretsManagerClient {
  return new SecretsManagerClient({
    region: secrets.region ?? bucket.region,
    ...(secrets.endpoint === undefined ? {} : { endpoint: secrets.endpoint }),
    maxAttempts: ATTEMPTS,
    requestHandler: { ...TIME_OUTS },
  })
}

/** A secret of Secrets Manager that somebody else has made. Its errors hold nothing of what it holds. */
export function createSecret(
  name: string,
  place: Place,
  client: SecretsManagerClient = createSecretsClient(place),
): Secret {
  const subject = `secret:${name}`

  function translate(error: unknown): Error {
    // The latter is said of a secret that somebody has deleted, as long as it can be restored.
    return hasName(error, 'ResourceNotFoundException', 'InvalidRequestException')
      ? missing(subject)
      : translateError(withoutContents(error), subject)
  }

  async function translated<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw translate(error)
    }
  }

  /** A secret that is not there and one without a value have the same name of an error; who may only read cannot tell. */
  async function requireSecret(): Promise<void> {
    try {
      await client.send(new DescribeSecretCommand({ SecretId: name }))
    } catch (error) {
      const translated = translate(error) as BlobUnavailable
      if (translated.code !== 'ACCESS_DENIED') throw translated
    }
  }

  return {
    async read() {
      try {
        return textOf(await client.send(new GetSecretValueCommand({ SecretId: name })), subject)
      } catch (error) {
        if (!hasName(error, 'ResourceNotFoundException')) throw translate(error)
        await requireSecret()
        return undefined
      }
    },

    async write(text) {
      await translated(client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text })))
    },
  }
}

/** Secrets Manager keeps no empty value; other servers answer one, or none at all, for a secret that was just made. */
function textOf(answer: GetSecretValueCommandOutput, subject: string): string | undefined {
  const { Name, SecretString, SecretBinary } = answer
  if (SecretString) return SecretString
  if (SecretBinary !== undefined) return Buffer.from(SecretBinary).toString()
  if (Name !== undefined) return undefined
  throw new BlobUnavailable('SERVER_FAILED', 'the server answers with no secret', {
    subject,
    hint: 'check secrets.endpoint',
  })
}

function missing(subject: string): BlobUnavailable {
  return new BlobUnavailable('SECRET_MISSING', 'there is no such secret', {
    subject,
    hint: 'name the database in stack.delivery and deploy; or check delivery.signingKeys, secrets.region and secrets.endpoint',
  })
}
