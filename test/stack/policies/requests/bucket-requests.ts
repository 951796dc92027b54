import { KEYS, objectRequests } from './object-requests.ts'
import { OLD_TLS, OVER_HTTP, type Request, type Section } from './request.ts'

const PREFIXES = [
  'blobs/main/',
  KEYS['blobs/main'],
  'blobs/main',
  'blobs/main-old/',
  'blobs/',
  'blobs-old/',
  'packs/main/',
  'packs/main-old/',
  'packs/',
  'verdicts/main/',
  'verdicts/',
]

/** Through these blobs could be lost, locked up or shown to the world. */
export const RECONFIGURING = [
  'PutBucketPolicy',
  'DeleteBucketPolicy',
  'PutBucketVersioning',
  'PutLifecycleConfiguration',
  'PutReplicationConfiguration',
  'PutEncryptionConfiguration',
  'PutIntelligentTieringConfiguration',
  'PutBucketObjectLockConfiguration',
  'PutBucketPublicAccessBlock',
  'PutBucketOwnershipControls',
  'PutBucketAcl',
]

/** These lose no blob; an administrator may want some of them for purposes of her own. */
const ARRANGING = [
  'PauseReplication',
  'PutAccelerateConfiguration',
  'PutAnalyticsConfiguration',
  'PutBucketAbac',
  'PutBucketCORS',
  'PutBucketLogging',
  'PutBucketNotification',
  'PutBucketRequestPayment',
  'PutBucketTagging',
  'PutBucketWebsite',
  'PutInventoryConfiguration',
  'PutMetricsConfiguration',
]

/** Everything that can be asked of a bucket of blobs. */
export function bucketRequests(bucketArn: string): Section[] {
  const settings = (actions: readonly string[]) => actions.map(name => onBucket(bucketArn, name, name))
  return [
    { title: 'read', requests: objectRequests(bucketArn, 'READING') },
    { title: 'list', requests: listRequests(bucketArn) },
    { title: 'write', requests: objectRequests(bucketArn, 'WRITING') },
    { title: 'mark', requests: objectRequests(bucketArn, 'MARKING') },
    {
      title: 'delete',
      requests: [
        ...objectRequests(bucketArn, 'DELETING'),
        onBucket(bucketArn, 'delete the bucket', 'DeleteBucket'),
      ],
    },
    {
      title: 'replicate',
      requests: [
        onBucket(bucketArn, 'see the rules', 'GetReplicationConfiguration'),
        onBucket(bucketArn, 'see the versioning', 'GetBucketVersioning'),
        ...objectRequests(bucketArn, 'REPLICATING'),
      ],
    },
    { title: 'reconfigure', requests: settings(RECONFIGURING) },
    { title: 'arrange', requests: settings(ARRANGING) },
  ]
}

function onBucket(
  resource: string,
  name: string,
  action: string,
  context: Request['context'] = {},
  on = '',
): Request {
  return { name, on, action: `s3:${action}`, resource, context }
}

/** Listing the exact key of a blob tells whether it is missing (I11). */
function listRequests(bucketArn: string): Request[] {
  const list = (name: string, prefix: string | undefined, context = {}) => {
    const on = prefix === undefined ? 'everything' : prefix === KEYS['blobs/main'] ? 'the exact key' : prefix
    const action = name === 'list versions' ? 'ListBucketVersions' : 'ListBucket'
    return onBucket(bucketArn, name, action, { ...context, 's3:prefix': prefix }, on)
  }
  return [
    ...[...PREFIXES, undefined].map(prefix => list('list', prefix)),
    list('list, over http', 'blobs/main/', OVER_HTTP),
    list('list, over TLS 1.1', 'blobs/main/', OLD_TLS),
    ...[...PREFIXES, undefined].map(prefix => list('list versions', prefix)),
  ]
}
