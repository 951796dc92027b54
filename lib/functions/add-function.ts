import type { Duration } from 'aws-cdk-lib'
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { POLICY_FILE } from '../../core/model/policy-file.ts'
import type { Duty } from '../access/add-role.ts'
import type { Deployment } from '../deployment.ts'
import { withBundle } from './bundle.ts'
import type { Outlets } from './outlets.ts'

/** As its directory in lambdas/ is called. */
export type FunctionName = 'schedule-archive' | 'condemn' | 'sweep'

interface FunctionProps {
  name: FunctionName
  description: string
  /** Mebibytes; processor time is given by it. */
  memory: number
  time: Duration
  environment: Readonly<Record<string, string>>
  /** What it knows of the configuration, which is deployed with its code. */
  policy: object
  duty: Duty
  log: Outlets['log']
  /** For events that nobody waits for and that it failed on for good; what comes from a queue goes back there instead. */
  failures?: Queue
}

export function functionNameOf({ stack }: Pick<Deployment, 'stack'>, name: FunctionName): string {
  return `${stack.name}-${name}`
}

/** One of the functions of the installation, which acts as its duty’s role. */
export function addFunction(
  scope: Construct,
  id: string,
  deployment: Deployment,
  { name, description, memory, time, environment, policy, duty, log, failures }: FunctionProps,
): LambdaFunction {
  const files = { [POLICY_FILE]: JSON.stringify(policy) }
  const made = withBundle(
    name,
    files,
    code =>
      new LambdaFunction(scope, id, {
        functionName: functionNameOf(deployment, name),
        description: `nice-blobs: ${description}`,
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        handler: 'index.handler',
        code,
        timeout: time,
        memorySize: memory,
        environment,
        // Its rights are written out where all are.
        role: duty.role.withoutPolicyUpdates(),
        logGroup: log,
        ...(failures && { deadLetterQueue: failures }),
      }),
  )
  // Lambda refuses a queue that the role may not send to yet.
  made.node.addDependency(duty.policy)
  return made
}
