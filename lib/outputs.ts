import { CfnOutput, Stack } from 'aws-cdk-lib'
import type { Role } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { clientConfig } from '../core/model/client-config.ts'
import { CLIENT_CONFIGURATION } from '../core/model/output-names.ts'
import type { Granted } from './access/database-access.ts'
import { INVENTORY_PREFIX } from './bucket/blob-bucket.ts'
import type { Deployment } from './deployment.ts'
import type { Functions } from './functions/functions.ts'

type Databases = Readonly<Record<string, Readonly<Record<string, Granted>>>>

interface Made {
  functions: Functions
  /** Of the bucket. */
  records: IBucket
  undeleter: Role
  databases: Databases
}

/** What `nice-blobs init` reads, and what hosts and people have to be given. */
export function addOutputs(
  scope: Construct,
  deployment: Deployment,
  { functions, records, undeleter, databases }: Made,
): void {
  new CfnOutput(scope, CLIENT_CONFIGURATION, {
    value: JSON.stringify(clientConfig(deployment)),
    description: 'for nice-blobs init',
  })
  new CfnOutput(scope, 'ScheduleFunction', {
    value: functions['schedule-archive'].functionName,
    description: 'what it would order, and why: aws lambda invoke with { "dryRun": true }',
  })
  new CfnOutput(scope, 'SweepFunction', {
    value: functions.sweep.functionName,
    description: 'what it would sweep, and why: aws lambda invoke with { "dryRun": true }',
  })
  new CfnOutput(scope, 'Inventory', {
    value: `${records.bucketName}/${INVENTORY_PREFIX}`,
    description: 'for nice-blobs check --inventory',
  })
  const told = (pick: (granted: Granted) => string | undefined) =>
    mapValues(databases, duties => mapValues(duties, pick))
  const write = (id: string, description: string, value: object) =>
    new CfnOutput(scope, id, { value: Stack.of(scope).toJsonString(value), description })

  const roles = told(({ role }) => role.roleArn)
  write('Roles', 'whom hosts and people have to become', { undeleter: undeleter.roleArn, databases: roles })
  write(
    'InstanceProfiles',
    'the same roles for EC2',
    told(({ profile }) => profile?.instanceProfileName),
  )
  write(
    'Policies',
    'the same rights, to attach to a role that is there',
    told(({ policy }) => policy.managedPolicyArn),
  )
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
