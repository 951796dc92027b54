import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'
import { CLIENT_CONFIGURATION } from './output-names.ts'

/** What a host adds to the configuration it shares with the fleet. */
export interface HostSettings {
  cache: string
  limit?: string
  socket?: string
  /** The host's own; all when empty. */
  databases: readonly string[]
  volumes: readonly { database: string; name: string; directory: string }[]
}

const outputs = z.record(z.string(), z.string())
/** As `cdk deploy --outputs-file` writes them: by stack. */
const fromDeploy = z.record(z.string(), outputs)
/** As `aws cloudformation describe-stacks` prints them. */
const fromDescribe = z.object({
  Stacks: z.array(
    z.object({
      StackName: z.string(),
      Outputs: z.array(z.object({ OutputKey: z.string(), OutputValue: z.string() })).default([]),
    }),
  ),
})
const shared = z.looseObject({ databases: z.record(z.string(), z.looseObject({})) })

/** The configuration in a stack's outputs; `stack` where there are several with one. */
export function readSharedConfig(text: string, subject: string, stack?: string): z.infer<typeof shared> {
  const found = Object.entries(readOutputs(text, subject))
    .filter(([name]) => stack === undefined || name === stack)
    .flatMap(([name, values]) => {
      const value = values[CLIENT_CONFIGURATION]
      return value === undefined ? [] : [{ name, value }]
    })
  const [only] = found
  if (!only)
    throw wrong(
      subject,
      `no stack${stack === undefined ? '' : ` "${stack}"`} has the output ${CLIENT_CONFIGURATION}`,
    )
  if (found.length > 1)
    throw wrong(
      subject,
      `several stacks: name one of ${found.map(({ name }) => name).join(', ')} with --stack`,
    )
  const result = shared.safeParse(parseJson(only.value, subject))
  if (!result.success)
    throw wrong(subject, `the output ${CLIENT_CONFIGURATION} is no configuration`, result.error)
  return result.data
}

function readOutputs(text: string, subject: string): z.infer<typeof fromDeploy> {
  const raw = parseJson(text, subject)
  const described = fromDescribe.safeParse(raw)
  if (described.success)
    return Object.fromEntries(
      described.data.Stacks.map(({ StackName, Outputs }) => [
        StackName,
        Object.fromEntries(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
      ]),
    )
  const deployed = fromDeploy.safeParse(raw)
  if (deployed.success) return deployed.data
  throw wrong(subject, 'these are no outputs of stacks', deployed.error)
}

function parseJson(text: string, subject: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw wrong(subject, `not JSON: ${(cause as Error).message}`, cause)
  }
}

/** The text of a host's configuration; whether it is right, parseConfig tells. */
export function hostConfig(common: z.infer<typeof shared>, host: HostSettings, subject: string): string {
  const known = Object.keys(common.databases)
  const names = host.databases.length > 0 ? host.databases : known
  const volumes = host.volumes.map(({ database }) => database)
  const unknown = [...names, ...volumes].find(name => !names.includes(name) || !known.includes(name))
  if (unknown !== undefined) {
    const hint = `the stack has ${known.join(', ')}; a volume needs its database to be among those chosen`
    throw new NiceBlobsError('CONFIG_INVALID', `there is no database "${unknown}"`, { subject, hint })
  }
  const { databases: _, ...rest } = common
  const databases = names.map(name => [name, { volumes: volumesOf(host, name), ...common.databases[name] }])
  return `${JSON.stringify(
    {
      ...rest,
      cache: { directory: host.cache, ...(host.limit !== undefined && { limit: host.limit }) },
      ...(host.socket !== undefined && { agent: { socket: host.socket } }),
      databases: Object.fromEntries(databases),
    },
    null,
    2,
  )}\n`
}

function volumesOf({ volumes }: HostSettings, database: string): Record<string, string> {
  const own = volumes.filter(volume => volume.database === database)
  return Object.fromEntries(own.map(({ name, directory }) => [name, directory]))
}

function wrong(subject: string, message: string, cause?: unknown): NiceBlobsError {
  const hint =
    'write the outputs with cdk deploy --all --outputs-file FILE, or pipe aws cloudformation describe-stacks into --outputs -'
  return new NiceBlobsError('CONFIG_INVALID', message, { subject, hint, cause })
}
