import type { StackTemplate } from '../functions/assembly.ts'
import { cloudFrontId } from '../functions/cloudfront-ids.ts'
import { type Place, resolveText, SANDBOX_ACCOUNT } from '../functions/resolve.ts'

interface Statement {
  Effect: string
  Action: string | string[]
  Principal: { Service?: string }
  Resource: unknown
  Condition?: { StringEquals?: Record<string, unknown> }
}

/** The keys of this bucket that policies let this distribution get: patterns. */
export function readableBy(stack: StackTemplate, place: Place, id: string, bucket: string): string[] {
  const policies = Object.values(stack.resources).filter(({ Type }) => Type === 'AWS::S3::BucketPolicy')
  const statements = policies.flatMap(
    ({ Properties = {} }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
  )
  const granted = statements.filter(({ Effect, Action, Principal, Condition }) => {
    const isForEdges = Principal.Service === 'cloudfront.amazonaws.com' && Effect === 'Allow'
    if (!isForEdges || ![Action].flat().includes('s3:GetObject')) return false
    // Without this condition it is for every distribution of everybody.
    const source = Condition?.StringEquals?.['aws:SourceArn']
    return source === undefined || resolveText(stack, place, source) === arnOf(stack, id)
  })
  const start = `arn:aws:s3:::${bucket}/`
  return granted
    .flatMap(({ Resource }) => [Resource].flat().map(resource => resolveText(stack, place, resource)))
    .filter(arn => arn.startsWith(start))
    .map(arn => arn.slice(start.length))
}

function arnOf(stack: StackTemplate, id: string): string {
  return `arn:aws:cloudfront::${SANDBOX_ACCOUNT}:distribution/${cloudFrontId(stack, id)}`
}
