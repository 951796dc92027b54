import {
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketReplicationCommand,
  DeletePublicAccessBlockCommand,
  PutBucketAclCommand,
  PutBucketEncryptionCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketRequestPaymentCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Attempt } from './attempts.ts'

type Send = (client: S3Client, Bucket: { Bucket: string }) => Promise<unknown>

const to = (name: string, action: string, send: Send, otherwise?: string): Attempt => ({
  name,
  action,
  run: (client, { Bucket }) => send(client, { Bucket }),
  ...(otherwise === undefined ? {} : { otherwise }),
})

const PUBLIC = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::example-blobs/*' }],
})
const EXPIRE_ALL = { ID: 'all', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 1 } }
const REPLICATE = {
  Role: 'arn:aws:iam::123456789012:role/anything',
  Rules: [{ Status: 'Enabled' as const, Prefix: '', Destination: { Bucket: 'arn:aws:s3:::elsewhere' } }],
}
const BY_KMS = { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const } }] }
const LOCK = {
  ObjectLockEnabled: 'Enabled' as const,
  Rule: { DefaultRetention: { Mode: 'COMPLIANCE' as const, Years: 100 } },
}
const TIERING = {
  Id: 'archive',
  IntelligentTieringConfiguration: {
    Id: 'archive',
    Status: 'Enabled' as const,
    Tierings: [{ Days: 180, AccessTier: 'DEEP_ARCHIVE_ACCESS' as const }],
  },
}

/** moto 5.2.5 takes a setting that it does not know for the making of a bucket. */
const UNKNOWN_TO_MOTO = 'IllegalLocationConstraintException'

/** Every setting through which blobs could be lost, locked up or shown to the world. */
export const RECONFIGURATIONS: Attempt[] = [
  to('replacing the policy', 's3:PutBucketPolicy', (client, bucket) =>
    client.send(new PutBucketPolicyCommand({ ...bucket, Policy: PUBLIC })),
  ),
  to('deleting the policy', 's3:DeleteBucketPolicy', (client, bucket) =>
    client.send(new DeleteBucketPolicyCommand(bucket)),
  ),
  to('suspending versions', 's3:PutBucketVersioning', (client, bucket) => {
    const VersioningConfiguration = { Status: 'Suspended' as const }
    return client.send(new PutBucketVersioningCommand({ ...bucket, VersioningConfiguration }))
  }),
  to('expiring everything', 's3:PutLifecycleConfiguration', (client, bucket) => {
    const LifecycleConfiguration = { Rules: [EXPIRE_ALL] }
    return client.send(new PutBucketLifecycleConfigurationCommand({ ...bucket, LifecycleConfiguration }))
  }),
  to('deleting the lifecycle rules', 's3:PutLifecycleConfiguration', (client, bucket) =>
    client.send(new DeleteBucketLifecycleCommand(bucket)),
  ),
  to('replicating elsewhere', 's3:PutReplicationConfiguration', (client, bucket) =>
    client.send(new PutBucketReplicationCommand({ ...bucket, ReplicationConfiguration: REPLICATE })),
  ),
  to('ending the replication', 's3:PutReplicationConfiguration', (client, bucket) =>
    client.send(new DeleteBucketReplicationCommand(bucket)),
  ),
  to('encrypting with a key that can be withheld', 's3:PutEncryptionConfiguration', (client, bucket) =>
    client.send(new PutBucketEncryptionCommand({ ...bucket, ServerSideEncryptionConfiguration: BY_KMS })),
  ),
  to('ending the encryption', 's3:PutEncryptionConfiguration', (client, bucket) =>
    client.send(new DeleteBucketEncryptionCommand(bucket)),
  ),
  to(
    'putting objects into an archive',
    's3:PutIntelligentTieringConfiguration',
    (client, bucket) =>
      client.send(new PutBucketIntelligentTieringConfigurationCommand({ ...bucket, ...TIERING })),
    UNKNOWN_TO_MOTO,
  ),
  to(
    'locking objects',
    's3:PutBucketObjectLockConfiguration',
    (client, bucket) =>
      client.send(new PutObjectLockConfigurationCommand({ ...bucket, ObjectLockConfiguration: LOCK })),
    // moto 5.2.5 locks only what was made for it.
    'InvalidBucket',
  ),
  to('letting the public in', 's3:PutBucketPublicAccessBlock', (client, bucket) => {
    const PublicAccessBlockConfiguration = { BlockPublicPolicy: false }
    return client.send(new PutPublicAccessBlockCommand({ ...bucket, PublicAccessBlockConfiguration }))
  }),
  to('no longer keeping the public out', 's3:PutBucketPublicAccessBlock', (client, bucket) =>
    client.send(new DeletePublicAccessBlockCommand(bucket)),
  ),
  to('letting writers own objects', 's3:PutBucketOwnershipControls', (client, bucket) => {
    const OwnershipControls = { Rules: [{ ObjectOwnership: 'ObjectWriter' as const }] }
    return client.send(new PutBucketOwnershipControlsCommand({ ...bucket, OwnershipControls }))
  }),
  to('no longer owning objects', 's3:PutBucketOwnershipControls', (client, bucket) =>
    client.send(new DeleteBucketOwnershipControlsCommand(bucket)),
  ),
  to('listing to everybody', 's3:PutBucketAcl', (client, bucket) =>
    client.send(new PutBucketAclCommand({ ...bucket, ACL: 'public-read' })),
  ),
  to('silencing the alarms', 's3:PutBucketNotification', (client, bucket) =>
    client.send(new PutBucketNotificationConfigurationCommand({ ...bucket, NotificationConfiguration: {} })),
  ),
  to(
    'making readers pay',
    's3:PutBucketRequestPayment',
    (client, bucket) => {
      const RequestPaymentConfiguration = { Payer: 'Requester' as const }
      return client.send(new PutBucketRequestPaymentCommand({ ...bucket, RequestPaymentConfiguration }))
    },
    UNKNOWN_TO_MOTO,
  ),
  to('ending the access log', 's3:PutBucketLogging', (client, bucket) =>
    client.send(new PutBucketLoggingCommand({ ...bucket, BucketLoggingStatus: {} })),
  ),
]
