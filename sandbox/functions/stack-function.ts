import type { Resource, StackTemplate } from './assembly.ts'
import { idOfArn, type Place, resolveText } from './resolve.ts'

/** A Lambda function as the template has it. */
export interface StackFunction {
  /** In the template. */
  readonly id: string
  readonly name: string
  /** The bundle lies here, under the name of the handler's module. */
  readonly directory: string
  readonly handler: string
  readonly environment: Readonly<Record<string, string>>
  /** In milliseconds. */
  readonly timeout: number
  /** In MiB. */
  readonly memory: number
  /** How often an asynchronous invocation is tried. */
  readonly attempts: number
  /** The logical id of the queue for what failed at all attempts; without one it is forgotten. */
  readonly deadLetters: string | undefined
}

interface Properties {
  Runtime?: string
  Handler?: string
  Code: { S3Key?: string }
  FunctionName?: unknown
  Timeout?: number
  MemorySize?: number
  Environment?: { Variables?: Record<string, unknown> }
  DeadLetterConfig?: { TargetArn?: unknown }
}

const TYPE = 'AWS::Lambda::Function'
const RUNTIME = /^nodejs(\d+)\.x$/

export function findFunctions(stack: StackTemplate, place: Place): StackFunction[] {
  return Object.entries(stack.resources)
    .filter(([, { Type }]) => Type === TYPE)
    .map(([id, resource]) => describeFunction(stack, place, id, resource))
}

function describeFunction(stack: StackTemplate, place: Place, id: string, resource: Resource): StackFunction {
  const properties = resource.Properties as unknown as Properties
  const { Runtime = '', Handler = '', Code, Timeout = 3, MemorySize = 128 } = properties
  if (!RUNTIME.test(Runtime)) throw new Error(`${id}: the sandbox runs Node.js, not ${Runtime || 'an image'}`)
  if (Code.S3Key === undefined) throw new Error(`${id}: the sandbox runs code that is an asset`)
  const text = (node: unknown) => resolveText(stack, place, node)
  const variables = Object.entries(properties.Environment?.Variables ?? {})
  const queue = properties.DeadLetterConfig?.TargetArn
  return {
    id,
    name: properties.FunctionName === undefined ? id : text(properties.FunctionName),
    directory: stack.assetDirectory(text(Code.S3Key)),
    handler: Handler,
    environment: Object.fromEntries(variables.map(([name, value]) => [name, text(value)])),
    timeout: Timeout * 1000,
    memory: MemorySize,
    attempts: 1 + retries(stack, id),
    deadLetters: queue === undefined ? undefined : idOfArn(queue),
  }
}

/** Two, where nothing else is deployed. */
function retries({ resources }: StackTemplate, id: string): number {
  const configured = Object.values(resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::EventInvokeConfig' && (Properties?.FunctionName as { Ref?: string })?.Ref === id,
  )
  return Number(configured?.Properties?.MaximumRetryAttempts ?? 2)
}
