import { Aws, DefaultStackSynthesizer, Fn, Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Config } from '../core/model/config.ts'
import { NiceBlobsError } from '../core/model/errors.ts'

/** The configuration of what is deployed, with the sections that hosts may leave out. */
export type Deployment = Config & {
  readonly stack: NonNullable<Config['stack']>
  readonly index: NonNullable<Config['index']>
}

/** `arn:aws:s3:::example-blobs`; names of buckets are global, so that a stack can know another's. */
export function bucketArnOf(name: string): string {
  return `arn:${Aws.PARTITION}:s3:::${name}`
}

/** For what has one namespace in all regions of an account: `nice-blobs-eu-central-1`. */
export function globalName({ stack, bucket }: Deployment): string {
  return `${stack.name}-${bucket.region}`
}

/** Known before it is made, so that the replica's policy can name it from another region or account. */
export function replicationRoleName({ stack, bucket }: Deployment): string {
  return `${stack.name}-replication-${bucket.region}`
}

/** The role CloudFormation acts as when this stack is deployed: not the one that asks it to. */
export function deploymentRoleArn(scope: Construct): string {
  const { synthesizer } = Stack.of(scope)
  if (synthesizer instanceof DefaultStackSynthesizer)
    return Fn.sub(synthesizer.cloudFormationExecutionRoleArn)
  throw new NiceBlobsError('CONFIG_INVALID', 'this synthesizer tells no execution role', {
    subject: 'cdk.json',
    hint: 'deploy with a bootstrapped environment and the default synthesizer, so that the shield can name the role',
  })
}
