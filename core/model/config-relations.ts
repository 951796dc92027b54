import { type Config, configSchema } from './config.ts'
import { awsRegion, bucketName } from './config-values.ts'
import { DELIVERY_RELATIONS, unknownTo } from './delivery-relations.ts'
import { formatDuration } from './quantity.ts'
import type { Relation } from './relation.ts'
import { deliveredIn, leastExpiry, noncurrentExpiry, type StackConfig } from './stack-config.ts'

/** A sweep that was stalled must be over before a volume's copy may go. */
const LEAST_DELAY = 3_600_000
/** A role's name has 64 letters at most: `<stack>-replication-<region>`. */
const LONGEST_NAME = 64 - '-replication-'.length
/**
 * A stack has 500 resources at most: about sixty-five for all, nine for a database, and ten more where its URLs are
 * signed.
 */
const MOST_DATABASES = 40

const RELATIONS: readonly Relation[] = [
  {
    path: ['index'],
    holds: (_, { index }) => index !== undefined,
    says: () => 'the stack makes an index: name its table',
  },
  {
    path: ['index', 'region'],
    holds: (_, { index, bucket }) => index?.region === undefined || index.region === bucket.region,
    says: () => 'the stack makes the index beside the bucket: leave its region out',
  },
  {
    path: ['bucket', 'name'],
    holds: (_, { bucket }) => bucketName.safeParse(bucket.name).success,
    says: () => 'expected 3 to 63 lower-case letters, digits and inner hyphens',
  },
  {
    path: ['bucket', 'region'],
    holds: (_, { bucket }) => awsRegion.safeParse(bucket.region).success,
    says: () => 'expected a region of AWS, such as eu-central-1',
  },
  {
    path: ['bucket', 'endpoint'],
    holds: (_, { bucket }) => bucket.endpoint === undefined,
    says: () => 'the stack makes the bucket at AWS: leave it out',
  },
  {
    path: ['stack', 'name'],
    holds: ({ name }, { bucket }) => !(name.length + bucket.region.length > LONGEST_NAME),
    says: (_, { bucket }) =>
      `too long for the names of roles beside the region: at most ${LONGEST_NAME - bucket.region.length} letters`,
  },
  {
    path: ['stack', 'garbage', 'undeleteWindow'],
    holds: ({ garbage }) => !(garbage.undeleteWindow < garbage.oldestDatabaseBackup),
    says: ({ garbage }) =>
      `shorter than oldestDatabaseBackup (${formatDuration(garbage.oldestDatabaseBackup)}): whoever restores that backup would miss blobs`,
  },
  {
    path: ['stack', 'garbage', 'noncurrentExpiry'],
    holds: stack => !(noncurrentExpiry(stack).bucket < leastExpiry(stack.garbage)),
    says: ({ garbage }) =>
      `shorter than grace + undeleteWindow + 7 days (${formatDuration(leastExpiry(garbage))}): what can still be undeleted would be gone`,
  },
  {
    path: ['stack', 'replica', 'noncurrentExpiry'],
    holds: stack => !(noncurrentExpiry(stack).replica <= noncurrentExpiry(stack).bucket),
    says: stack =>
      `not longer than the bucket’s own (${formatDuration(noncurrentExpiry(stack).bucket)}): the replica is there to outlast it`,
  },
  {
    path: ['stack', 'replica', 'region'],
    holds: ({ replica }, { bucket }) => replica?.region !== bucket.region,
    says: () => 'the bucket’s own region: a region that is lost would take both',
  },
  {
    path: ['stack', 'replica', 'bucket'],
    holds: ({ replica }, { bucket }) => replica?.bucket !== bucket.name,
    says: () => 'the name of the bucket itself',
  },
  {
    path: ['stack', 'account'],
    holds: ({ replica, account }) => replica?.account === undefined || account !== undefined,
    says: () => 'needed beside stack.replica.account, whose policy names it',
  },
  {
    path: ['stack', 'replica', 'account'],
    holds: ({ replica, account }) => replica?.account === undefined || replica.account !== account,
    says: () => 'the account of the bucket itself: leave it out, or name a second one',
  },
  {
    path: ['stack', 'erasure', 'blobs'],
    holds: (stack, { databases }) => unknownTo(databases, erasedFrom(stack)).length === 0,
    says: (stack, { databases }) => `no such database: ${unknownTo(databases, erasedFrom(stack)).join(', ')}`,
  },
  ...DELIVERY_RELATIONS,
  {
    path: ['databases'],
    holds: (stack, { databases }) =>
      Object.keys(databases).length + deliveredIn(stack).length <= MOST_DATABASES,
    says: () =>
      `at most ${MOST_DATABASES} in one stack, where those in stack.delivery count twice, which CloudFormation has room for: make a second installation`,
  },
  {
    path: ['databases'],
    holds: (_, { databases }) => hastyDatabases(databases).length === 0,
    says: (_, { databases }) => `release.delay of ${hastyDatabases(databases).join(', ')}: at least 1h`,
  },
  {
    path: ['databases'],
    holds: ({ replica }, { databases }) => replica !== undefined || waitingForReplica(databases).length === 0,
    says: (_, { databases }) =>
      `release.replicated of ${waitingForReplica(databases).join(', ')}: there is no stack.replica to wait for`,
  },
]

function erasedFrom({ erasure }: StackConfig): string[] {
  return erasure?.blobs.map(blob => blob.split('/')[0] ?? '') ?? []
}

function hastyDatabases(databases: Config['databases']): string[] {
  return Object.entries(databases)
    .filter(([, { release }]) => release.delay < LEAST_DELAY)
    .map(([name]) => name)
}

function waitingForReplica(databases: Config['databases']): string[] {
  return Object.entries(databases)
    .filter(([, { release }]) => release.replicated)
    .map(([name]) => name)
}

/** Relations are looked at even when single settings are faulty, so that all faults are told at once. */
export const relatedSchema = RELATIONS.reduce(
  (schema, relation) =>
    schema.refine(config => holds(relation, config), {
      when: () => true,
      path: [...relation.path],
      error: ({ input }) => {
        const config = input as Config
        return relation.says(config.stack as StackConfig, config)
      },
    }),
  configSchema,
)

function holds(relation: Relation, config: Config): boolean {
  if (!config.stack) return true
  try {
    return relation.holds(config.stack, config)
  } catch {
    // A section that is not even an object has been told of already.
    return true
  }
}
