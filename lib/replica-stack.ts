import { Aws, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { type Bucket, type BucketProps, ObjectLockRetention } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { ALL_BLOBS } from '../core/model/key.ts'
import { noncurrentExpiry, type StackConfig } from '../core/model/stack-config.ts'
import { addBlobBucket } from './bucket/blob-bucket.ts'
import { addRecordsBucket } from './bucket/records-bucket.ts'
import { erasureOf } from './bucket/shield.ts'
import { type Deployment, deploymentRoleArn, replicationRoleName } from './deployment.ts'
import { addAlarmTopic } from './monitoring/alarm-topic.ts'
import { watchDeletions } from './monitoring/deletions.ts'
import { watchReplicationLag } from './monitoring/replication-alarms.ts'

type ReplicaConfig = NonNullable<StackConfig['replica']>

/** The second copy, in another region and, where asked for, in another account. */
export class ReplicaStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, ...props }: StackProps & { deployment: Deployment },
  ) {
    super(scope, id, props)
    const { stack } = deployment
    if (!stack.replica) throw new Error('no replica is configured')
    const { replica } = stack
    const replication = `arn:${Aws.PARTITION}:iam::${sourceAccount(replica, stack)}:role/${replicationRoleName(deployment)}`
    const bucket = addBlobBucket(this, 'Replica', {
      name: replica.bucket,
      noncurrentExpiry: noncurrentExpiry(stack).replica,
      records: addRecordsBucket(this),
      exempt: { ...erasureOf(deployment), deployment: deploymentRoleArn(this), replication },
      shieldRevision: stack.shieldRevision,
      more: objectLock(replica),
    })
    if (replica.account !== undefined) admitAccount(bucket, replication, sourceAccount(replica, stack))

    const alarms = addAlarmTopic(this, stack.alarms.emails)
    watchDeletions(this, bucket, alarms)
    watchReplicationLag(this, deployment, alarms)
  }
}

function sourceAccount({ account }: ReplicaConfig, stack: StackConfig): string {
  return account === undefined ? Aws.ACCOUNT_ID : (stack.account ?? Aws.ACCOUNT_ID)
}

function objectLock({ objectLock }: ReplicaConfig): BucketProps {
  if (!objectLock) return {}
  const retention = Duration.millis(objectLock.retention)
  const { governance, compliance } = ObjectLockRetention
  return {
    objectLockDefaultRetention: (objectLock.mode === 'compliance' ? compliance : governance)(retention),
  }
}

/**
 * In one account the roles' own policies are enough; another has to be let in, first the role that replicates, then whom
 * that account lets read. A role that is not there yet cannot be a principal; hence the condition.
 */
function admitAccount(bucket: Bucket, role: string, account: string): void {
  const admit = (sid: string, actions: string[], resource: string, conditions = {}) =>
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid,
        principals: [new AccountPrincipal(account)],
        actions,
        resources: [resource],
        conditions,
      }),
    )
  const blobs = bucket.arnForObjects(`${ALL_BLOBS}*`)
  const replicating = { ArnEquals: { 'aws:PrincipalArn': role } }
  admit('Replicate', ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'], blobs, replicating)
  admit('SeeVersioning', ['s3:GetBucketVersioning'], bucket.bucketArn, replicating)
  admit('ReadObjects', ['s3:GetObject'], blobs)
  admit('ListObjects', ['s3:ListBucket'], bucket.bucketArn, { StringLike: { 's3:prefix': `${ALL_BLOBS}*` } })
}
