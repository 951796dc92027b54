import { CfnOutput, Stack } from 'aws-cdk-lib'
import type { Role } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { clientConfig } from '../core/model/client-config.ts'
import { CLIENT_CONFIGURATION, SIGNING_KEYS } from '../core/model/output-names.ts'
import type { Granted } from './access/database-access.ts'
import { INVENTORY_PREFIX } from './bucket/blob-bucket.ts'
import type { Edge } from './delivery/edge.ts'
import type { Deployment } from './deployment.ts'
import type { Functions } from './functions/functions.ts'

type Databases = Readonly<Record<string, Readonly<Record<string, Granted>>>>

interface Made {
  functions: Functions
  /** Of the bucket. */
  records: IBucket
  undeleter: Role
  databases: Databases
  edges: readonly Edge[]
}

/** What `nice-blobs init` reads, and what hosts and people have to be given. */
export function addOutputs(
  scope: Construct,
  deployment: Deployment,
  { functions, records, undeleter, databases, edges }: Made,
): void {
  const write = (id: string, description: string, value: object) =>
    new CfnOutput(scope, id, { value: Stack.of(scope).toJsonString(value), description })
  const ofEdges = <T>(pick: (edge: Edge) => T) =>
    Object.fromEntries(edges.map(edge => [edge.database, pick(edge)]))
  write(
    CLIENT_CONFIGURATION,
    'for nice-blobs init',
    clientConfig(
      deployment,
      ofEdges(({ url }) => url),
    ),
  )
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
  if (!deployment.stack.delivery) return
  write(
    SIGNING_KEYS,
    'for nice-blobs keys rotate',
    ofEdges(({ keyPairIds }) => keyPairIds),
  )
  write(
    'Edges',
    'distributions: to invalidate what was erased, and for the DNS records of domains',
    ofEdges(({ distribution: { distributionId, distributionDomainName } }) => ({
      id: distributionId,
      domain: distributionDomainName,
    })),
  )
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
