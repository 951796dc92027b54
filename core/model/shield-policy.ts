/** Which protections of the shield the policy of a bucket holds: each denied to everyone, on the whole bucket. */

interface Statement {
  Effect?: string
  Principal?: string | { AWS?: string | string[] }
  Action?: string | string[]
  Resource?: string | string[]
  NotResource?: string | string[]
  Condition?: Record<string, Record<string, unknown>>
}

/** `Null s3:if-none-match true` */
type Condition = string

interface Protection {
  against: string
  actions: readonly string[]
  on: 'bucket' | 'objects'
  /** Whom or what a statement may spare; one without any condition is stricter, and holds as well. */
  spares: (conditions: readonly Condition[]) => boolean
}

/** Settings through which blobs could be lost, locked up or shown to the world. */
export const RECONFIGURING = [
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
  's3:PutBucketVersioning',
  's3:PutLifecycleConfiguration',
  's3:PutReplicationConfiguration',
  's3:PutEncryptionConfiguration',
  's3:PutIntelligentTieringConfiguration',
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketPublicAccessBlock',
  's3:PutBucketOwnershipControls',
  's3:PutBucketAcl',
  // Silences the alarm for deleted versions; makes the hosts' reads fail.
  's3:PutBucketNotification',
  's3:PutBucketLogging',
  's3:PutBucketRequestPayment',
]

/** Another bucket could be set up to replicate its objects and delete markers onto ours. */
export const REPLICATING = [
  's3:ReplicateObject',
  's3:ReplicateDelete',
  's3:ReplicateTags',
  's3:ObjectOwnerOverrideToBucketOwner',
]

const PROTECTIONS: readonly Protection[] = [
  { against: 'deleting versions', actions: ['s3:DeleteObjectVersion'], on: 'objects', spares: nobody },
  {
    against: 'moving versions to a key that can be taken away',
    actions: ['s3:UpdateObjectEncryption'],
    on: 'objects',
    spares: nobody,
  },
  { against: 'deleting the bucket', actions: ['s3:DeleteBucket'], on: 'bucket', spares: nobody },
  { against: 'deleting objects', actions: ['s3:DeleteObject'], on: 'objects', spares: oneRole },
  { against: 'replicating into it', actions: REPLICATING, on: 'objects', spares: oneRole },
  { against: 'overwriting objects', actions: ['s3:PutObject'], on: 'objects', spares: conditionalWrites },
  { against: 'reconfiguring', actions: RECONFIGURING, on: 'bucket', spares: oneRole },
]

/** What the policy, a JSON document, does not protect against; of several actions those that it passes over. */
export function missingProtections(policy: string, bucket: string): string[] {
  const { Statement } = JSON.parse(policy) as { Statement?: Statement | Statement[] }
  const denials = [Statement ?? []].flat().filter(isOfEveryone)
  return PROTECTIONS.flatMap(({ against, actions, on, spares }) => {
    const resource = `arn:aws:s3:::${bucket}${on === 'objects' ? '/*' : ''}`
    const holding = denials.filter(({ Resource, NotResource, Condition }) => {
      const conditions = conditionsOf(Condition)
      const covered = covers(Resource, resource) || spareBlobs(NotResource)
      return covered && (conditions.length === 0 || spares(conditions))
    })
    const open = actions.filter(action => !holding.some(({ Action }) => covers(Action, action)))
    if (open.length === 0) return []
    return actions.length === 1 ? [against] : [`${against} (${open.join(', ')})`]
  })
}

/** How many blobs the policy lets be erased (docs/operations.md, "What the law wants erased"). */
export function openErasures(policy: string): number {
  const { Statement } = JSON.parse(policy) as { Statement?: Statement | Statement[] }
  return [Statement ?? []].flat().flatMap(({ NotResource = [] }) => NotResource).length
}

/** All but single blobs: what a lawful erasure opens. */
function spareBlobs(patterns: string | string[] | undefined): boolean {
  return patterns !== undefined && [patterns].flat().every(pattern => /\/blobs\/[^*?]+$/.test(pattern))
}

function isOfEveryone({ Effect, Principal }: Statement): boolean {
  const named = typeof Principal === 'string' ? Principal : Principal?.AWS
  return Effect === 'Deny' && [named].flat().includes('*')
}

/** A pattern covers a name, or the pattern of all objects, when it matches that as a text. */
function covers(patterns: string | string[] | undefined, name: string): boolean {
  return [patterns ?? []].flat().some(pattern => {
    // Also in the partitions of China and of governments.
    const plain = pattern.replace(/^arn:aws-[\w-]+:/, 'arn:aws:').replace(/[.+^${}()|[\]\\]/g, '\\$&')
    return new RegExp(`^${plain.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(name)
  })
}

function conditionsOf(condition: Statement['Condition'] = {}): Condition[] {
  return Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => `${operator} ${key.toLowerCase()} ${values}`),
  )
}

function nobody(): boolean {
  return false
}

/** By its exact ARN: whoever administers an account can make a role whose name fits a pattern. */
function oneRole(conditions: readonly Condition[]): boolean {
  const exact = /^(Arn|String)Not(Equals|Like) aws:principalarn [^*?, ]+$/
  return conditions.length === 1 && conditions.every(each => exact.test(each))
}

/** Uploads with a condition of their own, and parts of uploads. */
function conditionalWrites(conditions: readonly Condition[]): boolean {
  const others = conditions.filter(each => each !== 'Null s3:if-none-match true')
  return (
    others.length < conditions.length && others.every(each => each === 'Bool s3:objectcreationoperation true')
  )
}
