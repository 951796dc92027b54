import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { isDatabaseName } from './key.ts'
import { parseBytes, parseDuration } from './quantity.ts'

/** The configuration: one file for a whole installation, docs/configuration.md explains each setting. */

const bytes = z.union([z.int().nonnegative(), z.string()]).transform((value, context) => {
  const amount = typeof value === 'number' ? value : parseBytes(value)
  if (amount === undefined)
    context.addIssue({ code: 'custom', message: 'expected bytes, such as 10GB, 512MiB or 4096' })
  return amount ?? z.NEVER
})

const duration = z.string().transform((value, context) => {
  const amount = parseDuration(value)
  if (amount === undefined)
    context.addIssue({ code: 'custom', message: 'expected a duration, such as 15m, 12h or 7d' })
  return amount ?? z.NEVER
})

const absolutePath = z.string().refine(isAbsolute, 'expected an absolute path')
const endpoint = z.url({ protocol: /^https?$/, message: 'expected a URL, such as https://s3.example.org' })
const databaseName = z
  .string()
  .refine(isDatabaseName, 'expected lower-case letters, digits and inner hyphens, at most 63')
const volumeName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens')

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

const archive = z.strictObject({
  minAge: duration.prefault('1d'),
  minSize: bytes.prefault('0B'),
  quiet: duration.prefault('15m'),
  allowEmpty: z.boolean().default(false),
})

const database = z.strictObject({
  volumes: z.record(volumeName, absolutePath).default({}),
  archive: archive.prefault({}),
  release: z.strictObject({ delay: duration.prefault('7d') }).prefault({}),
})

const cache = z.strictObject({
  directory: absolutePath,
  /** What the cached blobs may take together. */
  limit: bytes.prefault('10GB'),
})

const agent = z.strictObject({
  socket: absolutePath.prefault('/run/nice-blobs/agent.sock'),
})

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  bucket,
  /** Reading needs none. */
  index: index.optional(),
  cache: cache.optional(),
  agent: agent.prefault({}),
  databases: z
    .record(databaseName, database)
    .refine(databases => Object.keys(databases).length > 0, 'expected at least one database'),
})

export type Config = Readonly<z.infer<typeof configSchema>>
export type BucketConfig = Config['bucket']
export type DatabaseConfig = Config['databases'][string]

export const defaultDatabase: DatabaseConfig = database.parse({})
