import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'
import { CLIENT_CONFIGURATION } from './output-names.ts'
import { readOutput } from './stack-outputs.ts'

/** What a host adds to the configuration it shares with the fleet. */
export interface HostSettings {
  cache: string
  limit?: string
  socket?: string
  /** The host's own; all when empty. */
  databases: readonly string[]
  volumes: readonly { database: string; name: string; directory: string }[]
}

const shared = z.looseObject({ databases: z.record(z.string(), z.looseObject({})) })

/** The configuration in a stack's outputs; `stack` where there are several with one. */
export function readSharedConfig(text: string, subject: string, stack?: string): z.infer<typeof shared> {
  return readOutput(CLIENT_CONFIGURATION, shared, { text, subject, stack })
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
