import type { StackTemplate } from './assembly.ts'
import { cloudFrontId, domainNameOf } from './cloudfront-ids.ts'

/** Where the templates are taken to be deployed. */
export const SANDBOX_ACCOUNT = '000000000000'

export interface Place {
  readonly region: string
  readonly queueEndpoint: string
}

const QUEUE = 'AWS::SQS::Queue'
const CLOUD_FRONT = 'AWS::CloudFront::'

/** Properties that name what a `Ref` to the resource stands for. */
const NAMED_BY: Record<string, string> = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::S3::Bucket': 'BucketName',
}

/** A value of a template with its intrinsic functions worked out; what is not known is refused, never taken for text. */
export function resolveText(stack: StackTemplate, place: Place, node: unknown): string {
  const pseudo: Record<string, string> = {
    'AWS::Region': place.region,
    'AWS::AccountId': SANDBOX_ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  }
  const refuse = (): never => {
    throw new Error(`the sandbox cannot work out ${JSON.stringify(node)}`)
  }
  const refer = (id: string): string => {
    const { Type = '', Properties = {} } = stack.resources[id] ?? {}
    if (Type === QUEUE) return queueUrl(stack, place, id)
    if (Type.startsWith(CLOUD_FRONT)) return cloudFrontId(stack, id)
    const name = Properties[NAMED_BY[Type] ?? '']
    return pseudo[id] ?? (name === undefined ? refuse() : resolveText(stack, place, name))
  }
  const attributeOf = ([id, attribute]: [string, string]): string => {
    switch (`${stack.resources[id]?.Type} ${attribute}`) {
      case 'AWS::SQS::Queue QueueUrl':
        return queueUrl(stack, place, id)
      case 'AWS::SQS::Queue QueueName':
        return queueName(stack, place, id)
      case 'AWS::S3::Bucket Arn':
        return `arn:aws:s3:::${refer(id)}`
      case 'AWS::S3::Bucket RegionalDomainName':
        return `${refer(id)}.s3.${place.region}.amazonaws.com`
      case 'AWS::CloudFront::Distribution Id':
        return refer(id)
      case 'AWS::CloudFront::Distribution DomainName':
        return domainNameOf(stack, id)
      default:
        return refuse()
    }
  }

  if (typeof node === 'string' || typeof node === 'number') return String(node)
  const [[name, argument] = [], ...more] = Object.entries(node ?? {})
  if (more.length > 0) return refuse()
  if (name === 'Ref') return refer(argument)
  if (name === 'Fn::GetAtt') return attributeOf(argument)
  if (name === 'Fn::Sub' && typeof argument === 'string')
    return argument.replace(/\$\{([^}]+)\}/g, (_, id: string) => refer(id))
  if (name === 'Fn::Join')
    return argument[1].map((part: unknown) => resolveText(stack, place, part)).join(argument[0])
  return refuse()
}

/** As CloudFormation names it, but for the digits behind. */
export function queueName(stack: StackTemplate, place: Place, id: string): string {
  const given = stack.resources[id]?.Properties?.QueueName
  return given === undefined ? `${stack.name}-${id}` : resolveText(stack, place, given)
}

function queueUrl(stack: StackTemplate, place: Place, id: string): string {
  return `${place.queueEndpoint}/${SANDBOX_ACCOUNT}/${queueName(stack, place, id)}`
}

/** The logical id in an `Fn::GetAtt` of an ARN. */
export function idOfArn(node: unknown): string {
  const attribute = (node as { 'Fn::GetAtt'?: [string, string] } | undefined)?.['Fn::GetAtt']
  if (attribute?.[1] === 'Arn') return attribute[0]
  throw new Error(`expected the ARN of a resource of the same stack, not ${JSON.stringify(node)}`)
}
