import type { StackTemplate } from './assembly.ts'

/** Where the templates are taken to be deployed. */
const SANDBOX_ACCOUNT = '000000000000'

export interface Place {
  readonly region: string
}

/** Properties that name what a `Ref` to the resource stands for. */
const NAMED_BY: Record<string, string> = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::S3::Bucket': 'BucketName',
}

/** A value of a template with its intrinsic functions worked out; what is not known is refused, never taken for text. */
export function resolveText(stack: StackTemplate, { region }: Place, node: unknown): string {
  const pseudo: Record<string, string> = {
    'AWS::Region': region,
    'AWS::AccountId': SANDBOX_ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  }
  const refuse = (): never => {
    throw new Error(`the sandbox cannot work out ${JSON.stringify(node)}`)
  }
  const refer = (id: string): string => {
    const { Type = '', Properties = {} } = stack.resources[id] ?? {}
    const name = Properties[NAMED_BY[Type] ?? '']
    return pseudo[id] ?? (name === undefined ? refuse() : resolveText(stack, { region }, name))
  }

  if (typeof node === 'string' || typeof node === 'number') return String(node)
  const [[name, argument] = [], ...more] = Object.entries(node ?? {})
  if (more.length > 0) return refuse()
  if (name === 'Ref') return refer(argument)
  if (name === 'Fn::Sub' && typeof argument === 'string')
    return argument.replace(/\$\{([^}]+)\}/g, (_, id: string) => refer(id))
  if (name === 'Fn::Join')
    return argument[1].map((part: unknown) => resolveText(stack, { region }, part)).join(argument[0])
  return refuse()
}

/** The logical id in an `Fn::GetAtt` of an ARN. */
export function idOfArn(node: unknown): string {
  const attribute = (node as { 'Fn::GetAtt'?: [string, string] } | undefined)?.['Fn::GetAtt']
  if (attribute?.[1] === 'Arn') return attribute[0]
  throw new Error(`expected the ARN of a resource of the same stack, not ${JSON.stringify(node)}`)
}
