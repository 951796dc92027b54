import {
  AccountPrincipal,
  ArnPrincipal,
  CompositePrincipal,
  type IManagedPolicy,
  type IPrincipal,
  ManagedPolicy,
  type PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { explainPrefixes } from './explain-prefixes.ts'

interface RoleProps {
  statements: PolicyStatement[]
  /** Services, ARNs of roles or users, accounts. */
  trusted: readonly string[]
  description: string
  boundary?: IManagedPolicy
}

/** A role and the policy that makes it one, which can also be attached to a role that a host has already. */
export interface Duty {
  role: Role
  policy: ManagedPolicy
}

export function addRole(
  scope: Construct,
  duty: string,
  { statements, trusted, description, boundary }: RoleProps,
): Duty {
  const role = new Role(scope, duty, {
    assumedBy: new CompositePrincipal(...trusted.map(principalOf)),
    description,
    ...(boundary && { permissionsBoundary: boundary }),
  })
  const policy = new ManagedPolicy(scope, `${duty}-policy`, { statements, description, roles: [role] })
  explainPrefixes(policy, statements)
  return { role, policy }
}

function principalOf(text: string): IPrincipal {
  if (text.endsWith('.amazonaws.com')) return new ServicePrincipal(text)
  return text.startsWith('arn:') ? new ArnPrincipal(text) : new AccountPrincipal(text)
}
