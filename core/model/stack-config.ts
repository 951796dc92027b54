import { z } from 'zod'
import {
  awsAccount,
  awsRegion,
  bucketName,
  bytes,
  certificateArn,
  databaseName,
  domainName,
  duration,
  principal,
  publicKey,
  roleArn,
  webAclArn,
  wholeDays,
  wholeMinutes,
} from './config-values.ts'
import { ALL_BLOBS, parseBlobKey } from './key.ts'
import { DAY } from './quantity.ts'

/** The section `stack` of the configuration: what `cdk deploy` makes. Hosts pass over it. */

const garbage = z.strictObject({
  /** From condemned to swept, at the least. */
  grace: wholeDays.prefault('14d'),
  /** How long a swept blob can be undeleted. */
  undeleteWindow: wholeDays.prefault('90d'),
  /** The age of the oldest database backup that may be restored. */
  oldestDatabaseBackup: wholeDays.prefault('60d'),
  /** How long the bucket keeps the versions under a delete marker; by default as short as is safe. */
  noncurrentExpiry: wholeDays.optional(),
  /** Of a database's blobs: a report that condemns more waits for a person. */
  largestShare: z.number().gt(0).lte(1).default(0.1),
  /** Blobs that are swept of a database in one run, at the most; there is one a day, and those by hand. */
  sweptPerRun: z.int().positive().default(50_000),
})

const objectLock = z.strictObject({
  /** `compliance`: nobody, not even the account's root, can delete within the retention. */
  mode: z.enum(['governance', 'compliance']),
  retention: wholeDays,
})

const replica = z.strictObject({
  bucket: bucketName,
  region: awsRegion,
  /** A second account, so that no administrator of the first can reach it. */
  account: awsAccount.optional(),
  noncurrentExpiry: wholeDays.optional(),
  objectLock: objectLock.optional(),
})

/** Each key stands in the policy twice, which takes 370 of its 20,480 bytes at the most; what lets an edge read takes 450. */
export const MOST_ERASED = 40

/** Break-glass, for what the law wants gone: opens the shield for these blobs and these roles, until it is taken out again. */
const erasure = z.strictObject({
  roles: z.array(roleArn).min(1),
  blobs: z
    .array(
      z.string().refine(text => parseBlobKey(blobKeyOf(text)) !== undefined, 'expected database/oid/tid'),
    )
    .min(1)
    .max(MOST_ERASED),
})

const FROM_HOSTS = ['ec2.amazonaws.com']

const trust = z.strictObject({
  instance: z.array(principal).min(1).default(FROM_HOSTS),
  reader: z.array(principal).min(1).default(FROM_HOSTS),
  packer: z.array(principal).min(1).default(FROM_HOSTS),
  signer: z.array(principal).min(1).default(FROM_HOSTS),
  /** By default whoever the account's administrators let. */
  undeleter: z.array(principal).min(1).optional(),
})

/** When the schedule runs, and what it takes for a fault. */
const schedule = z.strictObject({
  every: wholeMinutes.prefault('1h'),
  /** Only tells what it would order. */
  dryRun: z.boolean().default(false),
  /** After that long without a heartbeat a volume gets no order, and somebody is told. */
  silentAfter: duration.prefault('1h'),
  /** A volume with a smaller share free is about to fill. */
  leastFree: z.number().gt(0).lt(1).default(0.1),
})

const alarms = z.strictObject({
  emails: z.array(z.email()).default([]),
  replicationLag: duration.prefault('1h'),
  /** How much may wait to be archived that is due. */
  backlog: bytes.prefault('1TB'),
  /** How long a blob may have been due. */
  overdue: duration.prefault('7d'),
})

/** Two: one signs, and the next one waits, so that no change of keys has to wait for a deployment. */
const MOST_KEYS = 2

const deliveredDatabase = z.strictObject({
  /** Without any there is a place for keys, and no distribution yet. */
  publicKeys: z.array(publicKey).max(MOST_KEYS).default([]),
  /** Names of the distribution besides CloudFront's own; of a domain that is not the application's. */
  domain: z.strictObject({ names: z.array(domainName).min(1), certificate: certificateArn }).optional(),
})

/** Browsers fetch the blobs of these databases from CloudFront, by signed URLs. */
const delivery = z.strictObject({
  databases: z.record(databaseName, deliveredDatabase),
  /** The region of one more cache in front of the bucket. */
  originShield: awsRegion.optional(),
  webAcl: webAclArn.optional(),
  /** Who asked for what, without the queries, which hold signatures. */
  logs: z.boolean().default(true),
})

const requestUnits = z.int().min(100).max(40_000)

export const stackSchema = z.strictObject({
  /** Begins the names of the stacks and of their alarms. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a lower-case letter, then letters, digits and hyphens')
    .default('nice-blobs'),
  account: awsAccount.optional(),
  garbage: garbage.prefault({}),
  /** Raised to have the policies of both buckets put again, when somebody took one away. */
  shieldRevision: z.int().nonnegative().default(1),
  replica: replica.optional(),
  trust: trust.prefault({}),
  erasure: erasure.optional(),
  /** Requests a second: a loop gone wild stops here, not at the bill. */
  indexCeiling: z
    .strictObject({ read: requestUnits.default(4_000), write: requestUnits.default(4_000) })
    .prefault({}),
  delivery: delivery.optional(),
  schedule: schedule.prefault({}),
  alarms: alarms.prefault({}),
})

export type StackConfig = Readonly<z.infer<typeof stackSchema>>
export type DeliveryConfig = NonNullable<StackConfig['delivery']>
export type DeliveredDatabase = DeliveryConfig['databases'][string]

/** The databases that have a place for signing keys. */
export function deliveredIn({ delivery }: StackConfig): string[] {
  return Object.keys(delivery?.databases ?? {})
}

/** Those that have a distribution, which without a public key would answer nobody. */
export function edgesIn({ delivery }: StackConfig): [database: string, delivered: DeliveredDatabase][] {
  return Object.entries(delivery?.databases ?? {}).filter(([, { publicKeys }]) => publicKeys.length > 0)
}

/** The keys of what may be erased. */
export function erasableKeys({ erasure }: StackConfig): string[] {
  return erasure?.blobs.map(blobKeyOf) ?? []
}

/** `main/00000000000004d2/03d167f919308700` as an operator writes it. */
function blobKeyOf(text: string): string {
  return `${ALL_BLOBS}${text}`
}

/** For reports, sweeps and lifecycle runs that come a day or two late. */
const MARGIN = 7 * DAY
const REPLICA_LONGER = 30 * DAY

/** How long the versions under a delete marker are kept: never shorter than they can be undeleted (I5), in milliseconds. */
export function noncurrentExpiry({ garbage, replica }: StackConfig): { bucket: number; replica: number } {
  const bucket = garbage.noncurrentExpiry ?? leastExpiry(garbage)
  return { bucket, replica: replica?.noncurrentExpiry ?? bucket + REPLICA_LONGER }
}

export function leastExpiry({ grace, undeleteWindow }: StackConfig['garbage']): number {
  return grace + undeleteWindow + MARGIN
}
