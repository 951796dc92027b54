import { CreateBucketCommand, PutBucketPolicyCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3'
import { resolve } from '../../stack/resolve.ts'
import { EXAMPLE, ofType, synthesize, type Template } from '../../stack/synthesize.ts'
import { type Account, ANYBODY, iam, s3Client } from './account.ts'

const { databases, bucket, stack } = EXAMPLE
const CONFIG = { ...EXAMPLE, databases: { ...databases, other: databases.main } }
export const PLACE = { account: '123456789012', region: bucket.region }

/** The templates of the example's configuration, with a second database. */
export function templates(): { blobs: Template; replica: Template } {
  const { 'nice-blobs': blobs, 'nice-blobs-replica': replica } = synthesize(CONFIG)
  if (!blobs || !replica) throw new Error('stacks of other names were synthesized')
  return {
    blobs: resolve(blobs, PLACE),
    replica: resolve(replica, { ...PLACE, region: stack.replica.region }),
  }
}

/** The bucket's policy as the template has it. */
export function bucketPolicy(template: Template, name: string): { Statement: Statement[] } {
  const [found] = ofType(template, 'AWS::S3::BucketPolicy').filter(
    ([, { Properties }]) => Properties.Bucket === name,
  )
  if (!found) throw new Error(`no policy for ${name}`)
  return found[1].Properties.PolicyDocument
}

export interface Statement {
  Sid?: string
  Action: string | string[]
  Condition?: object
}

/** By what it is for: `sweeper`, `instance of the database main`. */
export function roleNamed(template: Template, duty: string): string {
  const [found] = ofType(template, 'AWS::IAM::Role').filter(
    ([, { Properties }]) => Properties.Description === `nice-blobs: ${duty}`,
  )
  if (!found) throw new Error(`there is no role for ${duty}`)
  return found[0]
}

/** Roles and policies as the template has them, boundaries included. */
export async function deployRoles(account: Account, template: Template): Promise<void> {
  const policies = ofType(template, 'AWS::IAM::ManagedPolicy')
  for (const [PolicyName, { Properties }] of policies) {
    const PolicyDocument = JSON.stringify(Properties.PolicyDocument)
    await iam(account, { Action: 'CreatePolicy', PolicyName, PolicyDocument })
  }
  for (const [id, { Properties }] of ofType(template, 'AWS::IAM::Role')) {
    const { RoleName = id, PermissionsBoundary, AssumeRolePolicyDocument, Policies = [] } = Properties
    const document = JSON.stringify(AssumeRolePolicyDocument)
    const boundary = PermissionsBoundary && { PermissionsBoundary }
    await iam(account, { Action: 'CreateRole', RoleName, AssumeRolePolicyDocument: document, ...boundary })
    for (const { PolicyName, PolicyDocument } of Policies) {
      const inline = { RoleName, PolicyName, PolicyDocument: JSON.stringify(PolicyDocument) }
      await iam(account, { Action: 'PutRolePolicy', ...inline })
    }
  }
  for (const [id, { Properties }] of policies)
    for (const RoleName of Properties.Roles ?? []) {
      const PolicyArn = `arn:aws:iam::${PLACE.account}:policy/${id}`
      await iam(account, { Action: 'AttachRolePolicy', RoleName, PolicyArn })
    }
}

export async function deployBucket(account: Account, name: string, policy: object): Promise<void> {
  const s3 = s3Client(account, ANYBODY)
  const Bucket = { Bucket: name }
  const LocationConstraint = account.region as 'eu-central-1'
  await s3.send(new CreateBucketCommand({ ...Bucket, CreateBucketConfiguration: { LocationConstraint } }))
  await s3.send(new PutBucketVersioningCommand({ ...Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  await s3.send(new PutBucketPolicyCommand({ ...Bucket, Policy: JSON.stringify(policy) }))
}
