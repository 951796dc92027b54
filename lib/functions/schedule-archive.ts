import { Duration } from 'aws-cdk-lib'
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { makeSchedulePolicy, SCHEDULE_POLICY_FILE } from '../../core/model/schedule-policy.ts'
import { ENVIRONMENT } from '../../lambdas/schedule-archive/env.ts'
import type { Duty } from '../access/duty-access.ts'
import type { Deployment } from '../deployment.ts'
import { withBundle } from './bundle.ts'
import type { Outlets } from './outlets.ts'

const NAME = 'schedule-archive'
/** Of this memory a run over ten thousand volumes takes a part; processor time is given by it. */
const MEMORY = 1024
/** A run takes seconds. One that was killed is over before Lambda repeats it for the second time, after three minutes. */
const TIME = Duration.minutes(2)

export function scheduleFunctionName({ stack }: Pick<Deployment, 'stack'>): string {
  return `${stack.name}-${NAME}`
}

/** The function that looks at all volumes and gives each its order. What it knows of the configuration is deployed with its code. */
export function addScheduleArchive(
  scope: Construct,
  { stack, index, databases }: Deployment,
  { role, policy }: Duty,
  { log, failures }: Outlets,
): LambdaFunction {
  const files = { [SCHEDULE_POLICY_FILE]: JSON.stringify(makeSchedulePolicy(stack, databases)) }
  const made = withBundle(
    NAME,
    files,
    code =>
      new LambdaFunction(scope, 'ScheduleArchive', {
        functionName: scheduleFunctionName({ stack }),
        description: 'nice-blobs: one order for each volume',
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        handler: 'index.handler',
        code,
        timeout: TIME,
        memorySize: MEMORY,
        environment: { [ENVIRONMENT.table]: index.table, [ENVIRONMENT.installation]: stack.name },
        // Its rights are written out where all are.
        role: role.withoutPolicyUpdates(),
        logGroup: log,
        deadLetterQueue: failures,
      }),
  )
  // Lambda refuses a queue that the role may not send to yet.
  made.node.addDependency(policy)
  return made
}
