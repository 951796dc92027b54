import { randomUUID } from 'node:crypto'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Config } from '../model/config.ts'
import { BlobUnavailable, NiceBlobsError } from '../model/errors.ts'
import type { Secret, SecretValue } from '../ports.ts'
import { TIME_OUTS } from './s3-client.ts'
import { hasName, translateError, withoutContents } from './translate-error.ts'

const ATTEMPTS = 4
const CURRENT = 'AWSCURRENT'
/** Of the version that is being written, so that it is not current yet. The next one takes it from one that was left with it. */
const WRITING = 'NICE_BLOBS_WRITING'

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

  /** A secret that is not there and one without a value have the same name of an error; who may only read cannot tell. */
  async function requireSecret(): Promise<void> {
    try {
      await client.send(new DescribeSecretCommand({ SecretId: name }))
    } catch (error) {
      const translated = translate(error) as BlobUnavailable
      if (translated.code !== 'ACCESS_DENIED') throw translated
    }
  }

  async function read(): Promise<SecretValue> {
    try {
      const asked = new GetSecretValueCommand({ SecretId: name, VersionStage: CURRENT })
      const answer = await client.send(asked)
      return { text: textOf(answer, subject), version: answer.VersionId }
    } catch (error) {
      if (!hasName(error, 'ResourceNotFoundException')) throw translate(error)
      await requireSecret()
      return { text: undefined, version: undefined }
    }
  }

  /** Labels are moved from the version that has them by name, or not at all: the one compare-and-set of Secrets Manager. */
  async function move(label: string, from: string | undefined, to?: string): Promise<void> {
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: name,
        VersionStage: label,
        ...(from !== undefined && { RemoveFromVersionId: from }),
        ...(to !== undefined && { MoveToVersionId: to }),
      }),
    )
  }

  async function replace(version: string, text: string, replacing: string | undefined): Promise<void> {
    const value = { SecretId: name, ClientRequestToken: version, SecretString: text }
    const put = await client.send(new PutSecretValueCommand({ ...value, VersionStages: [WRITING] }))
    try {
      // The very first version becomes the current one by itself.
      if (!put.VersionStages?.includes(CURRENT)) await move(CURRENT, replacing, version)
    } finally {
      // Another writer may have taken the label; one that stays does no harm.
      await move(WRITING, version).catch(() => {})
    }
  }

  /** After a refusal, or without an answer: done all the same, if by now the version that was written is the current one. */
  async function settle(error: unknown, version: string, replacing: string | undefined): Promise<void> {
    const current = await read().catch(() => {
      throw translate(error)
    })
    if (current.version === version) return
    const refused = hasName(error, 'InvalidParameterException', 'ResourceNotFoundException')
    throw refused && current.version !== replacing ? changed(subject, error) : translate(error)
  }

  return {
    read,
    async write(text, replacing) {
      const version = randomUUID()
      await replace(version, text, replacing).catch(error => settle(error, version, replacing))
    },
  }
}

/** What was said once has not been done; what had to be repeated may have been, before somebody else's. */
function changed(subject: string, error: unknown): NiceBlobsError {
  const { attempts = 1 } = (error as { $metadata?: { attempts?: number } }).$metadata ?? {}
  const told =
    attempts === 1 ? 'nothing was changed' : 'whether this change came before theirs, nobody can tell'
  return new NiceBlobsError('SECRET_CHANGED', `somebody else changed the keys meanwhile; ${told}`, {
    subject,
    hint: 'look with nice-blobs keys list, and run it again',
  })
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
