import { type JsonServer, startJsonServer } from '../json-server.ts'
import { refuse } from '../s3/answer.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION } from '../s3/server.ts'
import type { Credentials } from '../s3/signature.ts'
import { CURRENT, Secrets, type SecretVersion } from './secrets.ts'

export interface SecretsOptions {
  /** What it serves; a new store in memory by default. */
  secrets?: Secrets
  region?: string
  credentials?: Credentials
  /** Rights: `action` is the name of an operation of Secrets Manager, such as GetSecretValue. */
  deny?: (request: { action: string; secret: string }) => boolean
  /** Its clock, in milliseconds since 1970; the real one by default. */
  now?: () => number
}

interface Asked {
  SecretId?: string
  VersionStage?: string
  SecretString?: string
  VersionStages?: string[]
  ClientRequestToken?: string
  MoveToVersionId?: string
  RemoveFromVersionId?: string
}

type Answer = (secrets: Secrets, name: string, asked: Asked) => object

const MOST_BYTES = 65_536
const TOKEN = /^.{32,64}$/
const ARN = /^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:(.+)-[A-Za-z0-9]{6}$/

/** What each operation understands; whatever else is asked for is refused. */
const OPERATIONS: Readonly<Record<string, { takes: readonly (keyof Asked)[]; answer: Answer }>> = {
  GetSecretValue: {
    takes: ['SecretId', 'VersionStage'],
    answer: (secrets, name, { VersionStage: stage = CURRENT }) => {
      const version = secrets.versions(name).find(({ stages }) => stages.includes(stage))
      if (version) return { ...told(name, version), SecretString: version.text }
      const message = `Secrets Manager can't find the specified secret value for staging label: ${stage}`
      return refuse(400, 'ResourceNotFoundException', message)
    },
  },
  PutSecretValue: {
    takes: ['SecretId', 'SecretString', 'VersionStages', 'ClientRequestToken'],
    answer: (
      secrets,
      name,
      { SecretString: text = '', VersionStages: stages, ClientRequestToken: id = '' },
    ) => {
      if (text === '' || Buffer.byteLength(text) > MOST_BYTES)
        refuse(400, 'InvalidParameterException', `Expected a SecretString of 1 to ${MOST_BYTES} bytes.`)
      if (!TOKEN.test(id))
        refuse(400, 'InvalidParameterException', 'You must provide a ClientRequestToken value.')
      return told(name, secrets.put(name, id, text, stages))
    },
  },
  UpdateSecretVersionStage: {
    takes: ['SecretId', 'VersionStage', 'MoveToVersionId', 'RemoveFromVersionId'],
    answer: (secrets, name, { VersionStage: stage = '', MoveToVersionId: to, RemoveFromVersionId: from }) => {
      secrets.move(name, stage, { ...(from !== undefined && { from }), ...(to !== undefined && { to }) })
      return { Name: name }
    },
  },
  DescribeSecret: {
    takes: ['SecretId'],
    answer: (secrets, name) => {
      const labelled = secrets.versions(name).filter(({ stages }) => stages.length > 0)
      return {
        Name: name,
        VersionIdsToStages: Object.fromEntries(labelled.map(({ id, stages }) => [id, stages])),
      }
    },
  },
}

/** Answers as Secrets Manager does by AWS JSON 1.1 what the fleet asks of it. */
export function startSecrets(options: SecretsOptions = {}): Promise<JsonServer> {
  const { now = Date.now, secrets = new Secrets(now), deny = () => false } = options
  return startJsonServer({
    ...{ name: 'secretsmanager', version: '1.1', target: 'secretsmanager.', errors: '', now },
    region: options.region ?? SANDBOX_REGION,
    credentials: options.credentials ?? SANDBOX_CREDENTIALS,
    answer(action, asked: Asked) {
      const operation = OPERATIONS[action] ?? refuse(400, 'UnknownOperationException', `${action} of secrets`)
      const unknown = Object.keys(asked).filter(key => !operation.takes.some(known => known === key))
      if (unknown.length > 0) refuse(400, 'InvalidParameterException', `${unknown} of ${action}`)
      const [, name = asked.SecretId ?? ''] = ARN.exec(asked.SecretId ?? '') ?? []
      if (deny({ action, secret: name })) {
        const message = `User: sandbox is not authorized to perform: secretsmanager:${action} on resource: ${name}`
        refuse(400, 'AccessDeniedException', message)
      }
      return operation.answer(secrets, name, asked)
    },
  })
}

function told(name: string, { id, stages, createdAt }: SecretVersion): object {
  return { Name: name, VersionId: id, VersionStages: stages, CreatedDate: createdAt / 1000 }
}
