import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { RECONFIGURING, REPLICATING } from '../../core/model/shield-policy.ts'
import { erasableKeys } from '../../core/model/stack-config.ts'
import type { Deployment } from '../deployment.ts'

/** The roles that each may do one thing which everybody else is denied. */
export interface Exempt {
  /** ARN of the role CloudFormation acts as: the exact one, since whoever administers an account can make a role of a similar name. */
  deployment: string
  /** ARN; the bucket has one, the replica none. */
  sweeper?: string
  /** ARN; the replica has one, the bucket none. */
  replication?: string
  /** What the law wants gone, for as long as it stands in the configuration. */
  erasure?: { roles: readonly string[]; keys: readonly string[] }
}

const EVERYONE = [new AnyPrincipal()]
/** A version that is put under another key is as good as deleted once that key is. */
const ERASING = ['s3:DeleteObjectVersion', 's3:BypassGovernanceRetention', 's3:UpdateObjectEncryption']

/**
 * Denies that hold for everyone, the account's administrators included (I3, I6). A statement with a negated condition also
 * denies callers who have no ARN. What S3 does by itself, as a lifecycle rule, is no request and is not denied: hence the last one.
 */
export function shieldStatements(
  bucket: Bucket,
  { deployment, sweeper, replication, erasure }: Exempt,
): PolicyStatement[] {
  const { bucketArn } = bucket
  const objects = `${bucketArn}/*`
  return [
    ...keepVersions(bucketArn, erasure),
    deny('OnlySweeperMarks', ['s3:DeleteObject'], [objects], allBut(sweeper)),
    deny('OnlyReplicationReplicates', REPLICATING, [objects], allBut(replication)),
    // A part of an upload creates no object by itself; completing the upload does.
    deny('WriteOnce', ['s3:PutObject'], [objects], {
      Null: { 's3:if-none-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    }),
    // Whoever keeps the key of an object could take it away.
    deny('NoKeysOfCustomers', ['s3:PutObject'], [objects], {
      Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' },
    }),
    deny('NoKeysOfAccounts', ['s3:PutObject'], [objects], {
      Null: { 's3:x-amz-server-side-encryption': 'false' },
      StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' },
    }),
    // The replica's default retention locks; another could keep for ever what the lifecycle and the law want gone.
    deny('NoLocksOfObjects', ['s3:PutObjectRetention', 's3:PutObjectLegalHold'], [objects]),
    deny('OnlyDeploymentsReconfigure', RECONFIGURING, [bucketArn], allBut(deployment)),
  ]
}

/** Whom and what the shield lets through in either bucket for a lawful erasure. */
export function erasureOf({ stack }: Deployment): Pick<Exempt, 'erasure'> {
  return stack.erasure ? { erasure: { roles: stack.erasure.roles, keys: erasableKeys(stack) } } : {}
}

/** Named blobs are taken out of the one statement and denied to all but the named roles by another. */
function keepVersions(bucketArn: string, erasure: Exempt['erasure']): PolicyStatement[] {
  const keep = ['s3:DeleteBucket', ...ERASING]
  if (!erasure) return [deny('KeepBucketAndVersions', keep, [bucketArn, `${bucketArn}/*`])]
  const open = erasure.keys.map(key => `${bucketArn}/${key}`)
  const sid = 'KeepBucketAndVersions'
  return [
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: EVERYONE,
      actions: keep,
      notResources: open,
    }),
    deny('OnlyErasersErase', ERASING, open, { ArnNotEquals: { 'aws:PrincipalArn': [...erasure.roles] } }),
  ]
}

function allBut(role: string | undefined) {
  return role === undefined ? {} : { ArnNotEquals: { 'aws:PrincipalArn': role } }
}

function deny(sid: string, actions: string[], resources: string[], conditions = {}): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: EVERYONE,
    actions,
    resources,
    conditions,
  })
}
