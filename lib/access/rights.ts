import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'

/**
 * What the roles may do, in the fewest words: each right is one statement, names its actions one by one, and ends at a
 * prefix of the bucket or of the index's keys. None deletes but the sweeper's, and that one places markers only.
 */
export interface Stores {
  bucketArn: string
  /** Where hosts read on when the bucket's region is lost. */
  replicaArn: string | undefined
  tableArn: string
}

const buckets = ({ bucketArn, replicaArn }: Stores) =>
  replicaArn === undefined ? [bucketArn] : [bucketArn, replicaArn]

const PARTITION_KEY = 'dynamodb:LeadingKeys'

/** `prefixes`: `blobs/main/`. */
export function readObjects(stores: Stores, ...prefixes: string[]): PolicyStatement {
  return allow(
    'ReadObjects',
    ['s3:GetObject'],
    buckets(stores).flatMap(arn => prefixes.map(prefix => `${arn}/${prefix}*`)),
  )
}

export function readVersions({ bucketArn }: Stores, prefix: string): PolicyStatement {
  return allow('ReadVersions', ['s3:GetObjectVersion'], `${bucketArn}/${prefix}*`)
}

/** Also what tells a missing blob from a denied one (I11). */
export function listObjects(stores: Stores, ...prefixes: string[]): PolicyStatement {
  return allow('ListObjects', ['s3:ListBucket'], buckets(stores), beginningWith(prefixes))
}

export function listVersions({ bucketArn }: Stores, prefix: string): PolicyStatement {
  return allow('ListVersions', ['s3:ListBucketVersions'], bucketArn, beginningWith([prefix]))
}

function beginningWith(prefixes: string[]) {
  return { StringLike: { 's3:prefix': prefixes.map(prefix => `${prefix}*`) } }
}

/** The shield demands the same condition of everyone (I3); here it also binds whom the shield might forget. */
export function createObjects({ bucketArn }: Stores, ...prefixes: string[]): PolicyStatement[] {
  const objects = prefixes.map(prefix => `${bucketArn}/${prefix}*`)
  return [
    allow('CreateObjects', ['s3:PutObject'], objects, { Null: { 's3:if-none-match': 'false' } }),
    allow('UploadParts', ['s3:PutObject'], objects, { Bool: { 's3:ObjectCreationOperation': 'false' } }),
    allow('GiveUploadsUp', ['s3:AbortMultipartUpload'], objects),
  ]
}

export function placeMarkers({ bucketArn }: Stores, prefix: string): PolicyStatement {
  return allow('PlaceMarkers', ['s3:DeleteObject'], `${bucketArn}/${prefix}*`)
}

/** `partitions`: `blob#main#*`. A condition on all of no keys would hold, so that there have to be some. */
export function readRows({ tableArn }: Stores, ...partitions: string[]): PolicyStatement {
  return allow('ReadRows', ['dynamodb:BatchGetItem', 'dynamodb:Query'], tableArn, leadingKeys(partitions))
}

export function writeRows({ tableArn }: Stores, ...partitions: string[]): PolicyStatement {
  return allow('WriteRows', ['dynamodb:PutItem'], tableArn, leadingKeys(partitions))
}

function leadingKeys(partitions: string[]) {
  return { 'ForAllValues:StringLike': { [PARTITION_KEY]: partitions }, Null: { [PARTITION_KEY]: 'false' } }
}

/** `arn`: the log's, with `:*`, which is whatever streams are in it. */
export function writeLog(arn: string): PolicyStatement {
  return allow('WriteLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], arn)
}

/** `arn`: of the queue that takes what a function failed on for good. */
export function putFailuresDown(arn: string): PolicyStatement {
  return allow('PutFailuresDown', ['sqs:SendMessage'], arn)
}

/** `arn`: of the queue that a function works off, and leaves work in. Lambda receives and deletes as the function’s role. */
export function workOff(arn: string): PolicyStatement[] {
  return [
    allow('WorkOff', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], arn),
    allow('LeaveWork', ['sqs:SendMessage'], arn),
  ]
}

export function readSecret(arn: string): PolicyStatement {
  return allow('ReadSigningKey', ['secretsmanager:GetSecretValue'], arn)
}

function allow(
  sid: string,
  actions: string[],
  resources: string | string[],
  conditions = {},
): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.ALLOW,
    actions,
    resources: [resources].flat(),
    conditions,
  })
}
