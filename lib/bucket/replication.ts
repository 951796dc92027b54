import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Bucket, type BucketProps, type ReplicationRule, ReplicationTimeValue } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { ALL_BLOBS } from '../../core/model/key.ts'
import { explainPrefixes } from '../access/explain-prefixes.ts'
import { bucketArnOf, type Deployment, replicationRoleName } from '../deployment.ts'

export const REPLICATION_RULE = 'blobs'

/** What a bucket that replicates its blobs to the replica is made with; nothing where there is no replica. */
export function replicationProps(scope: Construct, deployment: Deployment): BucketProps {
  const { replica } = deployment.stack
  if (!replica) return {}
  const { account } = replica
  const destination = Bucket.fromBucketAttributes(scope, 'Replica', {
    bucketArn: bucketArnOf(replica.bucket),
    region: replica.region,
    ...(account === undefined ? {} : { account }),
  })
  const rule: ReplicationRule = {
    id: REPLICATION_RULE,
    destination,
    filter: { prefix: ALL_BLOBS },
    priority: 1,
    // Markers can be undone for longer over there; without them the replica would never shrink.
    deleteMarkerReplication: true,
    metrics: ReplicationTimeValue.FIFTEEN_MINUTES,
  }
  return { replicationRules: [rule], replicationRole: addReplicationRole(scope, deployment, replica.bucket) }
}

function addReplicationRole(scope: Construct, deployment: Deployment, replica: string): Role {
  const source = bucketArnOf(deployment.bucket.name)
  const allow = (sid: string, actions: string[], resource: string) =>
    new PolicyStatement({ sid, effect: Effect.ALLOW, actions, resources: [resource] })
  const statements = [
    allow('SeeSource', ['s3:GetReplicationConfiguration', 's3:ListBucket'], source),
    allow(
      'ReadVersions',
      ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'],
      `${source}/${ALL_BLOBS}*`,
    ),
    allow('SeeReplica', ['s3:GetBucketVersioning'], bucketArnOf(replica)),
    allow(
      'Replicate',
      ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'],
      `${bucketArnOf(replica)}/${ALL_BLOBS}*`,
    ),
  ]
  const role = new Role(scope, 'ReplicationRole', {
    roleName: replicationRoleName(deployment),
    assumedBy: new ServicePrincipal('s3.amazonaws.com'),
    inlinePolicies: { replicate: new PolicyDocument({ statements }) },
  })
  explainPrefixes(role, statements)
  return role
}
