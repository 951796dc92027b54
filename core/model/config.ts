import { normalize } from 'node:path'
import { z } from 'zod'
import {
  absolutePath,
  allowedHours,
  bytes,
  databaseName,
  duration,
  edgeUrl,
  endpoint,
  timeZone,
  volumeName,
} from './config-values.ts'
import { DAY } from './quantity.ts'
import { stackSchema } from './stack-config.ts'

/** The configuration: one file for a whole installation, docs/configuration.md explains each setting. */

const bucket = z.strictObject({
  name: z.string().min(3),
  region: z.string().min(1),
  /** Only for servers other than AWS. */
  endpoint: endpoint.optional(),
  pathStyle: z.boolean().default(false),
  /** `server`: the bucket checks the SHA-256 we send. `read-back`: it cannot, so every upload is read again. */
  checksums: z.enum(['server', 'read-back']).default('server'),
})

const index = z.strictObject({
  table: z.string().min(3),
  /** The bucket's, unless said otherwise. */
  region: z.string().min(1).optional(),
  endpoint: endpoint.optional(),
})

/** Where signing keys are kept. */
const secrets = z.strictObject({
  /** The bucket's, unless said otherwise. */
  region: z.string().min(1).optional(),
  endpoint: endpoint.optional(),
})

const archive = z.strictObject({
  minAge: duration.prefault('1d'),
  minSize: bytes.prefault('0B'),
  quiet: duration.prefault('15m'),
  allowEmpty: z.boolean().default(false),
})

const release = z.strictObject({
  delay: duration.prefault('7d'),
  /** Only what the replica has too. */
  replicated: z.boolean().default(false),
})

/** Archiving by the schedule, in one run over all volumes of the database; without a limit where none is named. */
const schedule = z.strictObject({
  bytesPerRun: bytes.optional(),
  blobsPerRun: z.int().positive().optional(),
  /** When agents may archive and release: all day, unless said otherwise. */
  hours: allowedHours.optional(),
  timeZone: timeZone.default('UTC'),
})

const SECOND = 1_000

/** Signed URLs. The stack tells its hosts all but the lifetime. */
const delivery = z.strictObject({
  /** Of the distribution; hosts need it, a deployment has none before it is deployed. */
  edge: edgeUrl.optional(),
  /** The name of the secret with the database's signing keys. */
  signingKeys: z.string().min(1).optional(),
  /** How long a URL is valid: at the most this long, and half of it at the least. */
  lifetime: duration
    .prefault('2h')
    .refine(
      amount => amount % (2 * SECOND) === 0 && amount >= 2 * SECOND && amount <= 7 * DAY,
      'expected 2s to 7d, an even number of seconds',
    ),
})

const database = z.strictObject({
  /** Changed by hand after the database was restored or converted; reports of another generation are refused. */
  generation: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected letters, digits, dots, hyphens, at most 64')
    .default('1'),
  volumes: z.record(volumeName, absolutePath).default({}),
  archive: archive.prefault({}),
  release: release.prefault({}),
  /** Without it nothing is archived but by a command. */
  schedule: schedule.optional(),
  /** Without it the database has no signed URLs. */
  delivery: delivery.optional(),
})

const cache = z.strictObject({
  directory: absolutePath,
  /** What the cached blobs may take together. */
  limit: bytes.prefault('10GB'),
})

const agent = z.strictObject({
  socket: absolutePath.prefault('/run/nice-blobs/agent.sock'),
  /** How often an agent renews its lease of a volume and looks for an order; after five of them another takes over. */
  heartbeat: duration.prefault('1m').refine(amount => amount >= 100, 'expected 100ms at least'),
  /** What tells the server in front to send a file of this host: nginx's header, or Apache's and lighttpd's. */
  sendfile: z.enum(['X-Accel-Redirect', 'X-Sendfile']).default('X-Accel-Redirect'),
  /** For nginx: the internal location whose alias is the cache directory. */
  accelPrefix: z
    .string()
    .regex(/^\/(?:[\w.-]+\/)*$/, 'expected a path of a location, such as /_nice-blobs/')
    .default('/_nice-blobs/'),
})

/** Two keepers would work on it, or two databases archive the same files under their keys (I9). */
function namedTwice(
  databases: Readonly<Record<string, { volumes: Readonly<Record<string, string>> }>>,
): string[] {
  const directories = Object.values(databases).flatMap(({ volumes }) => Object.values(volumes))
  const plain = directories.map(directory => normalize(`${directory}/`))
  return plain.filter((directory, i) => plain.indexOf(directory) !== i)
}

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  bucket,
  /** Reading needs none. */
  index: index.optional(),
  secrets: secrets.prefault({}),
  cache: cache.optional(),
  agent: agent.prefault({}),
  databases: z
    .record(databaseName, database)
    .refine(databases => Object.keys(databases).length > 0, 'expected at least one database')
    .refine(
      databases => namedTwice(databases).length === 0,
      'a directory is one volume of one database: two have the same',
    ),
  /** What `cdk deploy` makes; hosts need none. */
  stack: stackSchema.optional(),
})

export type Config = Readonly<z.infer<typeof configSchema>>
export type BucketConfig = Config['bucket']
export type DatabaseConfig = Config['databases'][string]

export const defaultDatabase: DatabaseConfig = database.parse({})
export const defaultDelivery: NonNullable<DatabaseConfig['delivery']> = delivery.parse({})
