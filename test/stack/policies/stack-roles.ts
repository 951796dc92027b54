import { ofType, type Resource, type Template } from '../synthesize.ts'
import type { PolicyDocument } from './document.ts'

export interface StackRole {
  /** `instance of main`, `sweeper`, `starter of sweep`, `replication`. */
  name: string
  arn: string
  account: string
  /** Names of its policies. */
  identity: string[]
  boundary?: string
}

interface Read {
  roles: StackRole[]
  policies: Map<string, PolicyDocument>
  read: Set<PolicyDocument>
}

/** The roles of a resolved template with all that is attached to them. */
export function readRoles(template: Template, account: string): Read {
  const policies = new Map<string, PolicyDocument>()
  const managed = ofType(template, 'AWS::IAM::ManagedPolicy')

  const roles = ofType(template, 'AWS::IAM::Role').map(([id, role]): StackRole => {
    if (role.Properties.ManagedPolicyArns) throw new Error(`${id} has policies from outside the template`)
    const own = role.Properties.RoleName ?? id
    const name = nameOf(role)
    const identity = [
      ...inlineDocuments(role),
      ...managed
        .filter(([, { Properties }]) => Properties.Roles?.includes(own))
        .map(([, { Properties }]) => Properties.PolicyDocument),
    ].map((document, index) => {
      const policy = index === 0 ? name : `${name}, policy ${index + 1}`
      policies.set(policy, document)
      return policy
    })
    const boundary = boundaryOf(role, managed)
    if (boundary) policies.set('boundary', boundary)
    const arn = `arn:aws:iam::${account}:role/${own}`
    return { name, arn, account, identity, ...(boundary && { boundary: 'boundary' }) }
  })
  return { roles, policies, read: new Set(policies.values()) }
}

function nameOf({ Properties }: Resource): string {
  if (Properties.AssumeRolePolicyDocument.Statement[0].Principal.Service === 's3.amazonaws.com')
    return 'replication'
  const [, duty, database] =
    /^nice-blobs: (.+?)(?: of the database (.+))?$/.exec(Properties.Description) ?? []
  if (duty === undefined) throw new Error(`a role that says not what it is for: ${Properties.Description}`)
  return database === undefined ? duty : `${duty} of ${database}`
}

function inlineDocuments({ Properties }: Resource): PolicyDocument[] {
  return (Properties.Policies ?? []).map(
    ({ PolicyDocument }: { PolicyDocument: PolicyDocument }) => PolicyDocument,
  )
}

function boundaryOf({ Properties }: Resource, managed: [string, Resource][]): PolicyDocument | undefined {
  const arn = Properties.PermissionsBoundary
  if (arn === undefined) return undefined
  const found = managed.find(([id]) => arn.endsWith(`:policy/${id}`))
  if (!found) throw new Error(`the boundary ${arn} is not in the template`)
  return found[1].Properties.PolicyDocument
}
