import { type Config, configSchema } from './config.ts'
import { awsRegion, bucketName } from './config-values.ts'
import { formatDuration } from './quantity.ts'
import { leastExpiry, noncurrentExpiry, type StackConfig } from './stack-config.ts'

/** What must hold between the settings of a stack. A setting that is faulty by itself breaks none of them. */
interface Relation {
  path: readonly string[]
  holds(stack: StackConfig, config: Config): boolean
  says(stack: StackConfig, config: Config): string
}

/** A sweep that was stalled must be over before a volume's copy may go. */
const LEAST_DELAY = 3_600_000

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
    path: ['databases'],
    holds: (_, { databases }) => hastyDatabases(databases).length === 0,
    says: (_, { databases }) => `release.delay of ${hastyDatabases(databases).join(', ')}: at least 1h`,
  },
]

function hastyDatabases(databases: Config['databases']): string[] {
  return Object.entries(databases)
    .filter(([, { release }]) => release.delay < LEAST_DELAY)
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
