import { createHash } from 'node:crypto'
import type { Resource, Template } from './synthesize.ts'

/** Where the templates are taken to be deployed. */
export interface Place {
  account: string
  region: string
}

/**
 * A template with its intrinsic functions worked out, as CloudFormation would: roles and policies get the ARN of their logical
 * id where they have no name. What this does not know it refuses, so that nothing unresolved is taken for a value.
 */
export function resolve(template: Template, place: Place): Template {
  const pseudo: Record<string, string> = {
    'AWS::Partition': 'aws',
    'AWS::AccountId': place.account,
    'AWS::Region': place.region,
    'AWS::URLSuffix': 'amazonaws.com',
  }
  const resourceOf = (id: string): Resource => {
    const resource = template.Resources[id]
    if (!resource) throw new Error(`no resource ${id}`)
    return resource
  }
  const ref = (id: string): string => pseudo[id] ?? nameOf(id, resourceOf(id), place)

  function value(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(value)
    if (typeof node !== 'object' || node === null) return node
    const [[name, argument] = ['', undefined], ...more] = Object.entries(node)
    if (more.length === 0 && name === 'Ref') return ref(argument)
    if (more.length === 0 && name.startsWith('Fn::')) return call(name, argument)
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, value(child)]))
  }

  function call(name: string, argument: unknown): string {
    if (name === 'Fn::Sub' && typeof argument === 'string')
      return argument.replace(/\$\{([^}]+)\}/g, (_, id: string) => ref(id))
    const [first, second] = argument as [string, unknown]
    if (name === 'Fn::Join') return (value(second) as string[]).join(first)
    if (name === 'Fn::GetAtt' && second === 'Arn') return arnOf(first, resourceOf(first), place)
    if (name === 'Fn::GetAtt' && second === 'QueueName') return ref(first)
    if (name === 'Fn::GetAtt' && second === 'Id') return ref(first)
    if (name === 'Fn::GetAtt' && second === 'DomainName') return `${ref(first).toLowerCase()}.cloudfront.net`
    if (name === 'Fn::GetAtt' && second === 'RegionalDomainName')
      return `${ref(first)}.s3.${place.region}.amazonaws.com`
    throw new Error(`cannot work out ${name} ${JSON.stringify(argument)}`)
  }

  const { Resources, Outputs = {} } = template
  return value({ Resources, Outputs }) as Template
}

/** What gets a name of its own where the template gives none. */
const UNNAMED = ['AWS::IAM::Role', 'AWS::IAM::InstanceProfile', 'AWS::S3::Bucket', 'AWS::SQS::Queue']

function nameOf(id: string, { Type, Properties = {} }: Resource, place: Place): string {
  const { BucketName, TableName, RoleName, FunctionName, LogGroupName } = Properties
  const named = BucketName ?? TableName ?? RoleName ?? FunctionName ?? LogGroupName
  if (typeof named === 'string') return named
  if (UNNAMED.includes(Type)) return id
  if (Type.startsWith('AWS::CloudFront::')) return cloudFrontId(id)
  if (Type === 'AWS::Logs::DeliverySource') return Properties.Name
  return arnOf(id, { Type, Properties }, place)
}

/** As long as CloudFront's own. */
export function cloudFrontId(logicalId: string): string {
  return `E${createHash('sha256').update(logicalId).digest('hex').slice(0, 13).toUpperCase()}`
}

function arnOf(id: string, resource: Resource, { account, region }: Place): string {
  const own = () => nameOf(id, resource, { account, region })
  switch (resource.Type) {
    case 'AWS::S3::Bucket':
      return `arn:aws:s3:::${own()}`
    case 'AWS::DynamoDB::GlobalTable':
      return `arn:aws:dynamodb:${region}:${account}:table/${own()}`
    case 'AWS::IAM::Role':
      return `arn:aws:iam::${account}:role/${own()}`
    case 'AWS::IAM::ManagedPolicy':
      return `arn:aws:iam::${account}:policy/${id}`
    case 'AWS::Lambda::Function':
      return `arn:aws:lambda:${region}:${account}:function:${own()}`
    case 'AWS::SQS::Queue':
      return `arn:aws:sqs:${region}:${account}:${own()}`
    case 'AWS::Logs::LogGroup':
      return `arn:aws:logs:${region}:${account}:log-group:${own()}:*`
    case 'AWS::SNS::Topic':
      return `arn:aws:sns:${region}:${account}:${id}`
    case 'AWS::SecretsManager::Secret':
      return `arn:aws:secretsmanager:${region}:${account}:secret:${resource.Properties.Name}-AbCdEf`
    case 'AWS::Logs::DeliveryDestination':
      return `arn:aws:logs:${region}:${account}:delivery-destination:${resource.Properties.Name}`
    case 'AWS::CloudWatch::Alarm':
      return `arn:aws:cloudwatch:${region}:${account}:alarm:${id}`
    case 'AWS::Events::Rule':
      return `arn:aws:events:${region}:${account}:rule/${id}`
    default:
      throw new Error(`no ARN is known for ${resource.Type}`)
  }
}
