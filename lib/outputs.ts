import { CfnOutput, Stack } from 'aws-cdk-lib'
import type { Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { clientConfig } from '../core/model/client-config.ts'
import { CLIENT_CONFIGURATION } from '../core/model/output-names.ts'
import type { Deployment } from './deployment.ts'

type Roles = Readonly<Record<string, Role>>

interface AllRoles {
  undeleter: Role
  databases: Readonly<Record<string, Roles>>
}

/** What `nice-blobs init` reads, and whom hosts and people have to become. */
export function addOutputs(
  scope: Construct,
  deployment: Deployment,
  { undeleter, databases }: AllRoles,
): void {
  new CfnOutput(scope, CLIENT_CONFIGURATION, {
    value: JSON.stringify(clientConfig(deployment)),
    description: 'for nice-blobs init',
  })
  const arns = {
    undeleter: undeleter.roleArn,
    databases: mapValues(databases, roles => mapValues(roles, role => role.roleArn)),
  }
  new CfnOutput(scope, 'Roles', {
    value: Stack.of(scope).toJsonString(arns),
    description: 'whom hosts and people have to become',
  })
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
