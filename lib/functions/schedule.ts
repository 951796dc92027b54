import { Duration, Stack } from 'aws-cdk-lib'
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { DAY } from '../../core/model/quantity.ts'
import type { Deployment } from '../deployment.ts'
import { type FunctionName, functionNameOf } from './add-function.ts'

const MINUTE = 60_000
const LONGEST_WINDOW = 15
/** Of what cannot even be started; what fails once it runs Lambda repeats. */
const RETRIES = 3
const LONGEST_RETRIED = Duration.hours(1)

interface ScheduleProps {
  /** Of the function, and of its schedule. */
  name: FunctionName
  description: string
  /** Milliseconds, whole minutes. */
  every: number
  input: object
  target: LambdaFunction
  failures: Queue
}

/** Orders are of a run: one that is started twice is told the same time, and so is one run. */
export function scheduleOrders(
  scope: Construct,
  deployment: Deployment,
  target: LambdaFunction,
  failures: Queue,
): void {
  const { every } = deployment.stack.schedule
  const description = 'gives each volume its order'
  const input = { run: ContextAttribute.scheduledTime }
  const props: ScheduleProps = { name: 'schedule-archive', description, every, input, target, failures }
  addSchedule(scope, '', deployment, props)
}

export function scheduleSweeps(
  scope: Construct,
  deployment: Deployment,
  target: LambdaFunction,
  failures: Queue,
): void {
  const description = 'sweeps what is due'
  const props: ScheduleProps = { name: 'sweep', description, every: DAY, input: {}, target, failures }
  addSchedule(scope, 'Sweep', deployment, props)
}

/** Starts a function again and again. `id` begins what the parts are called. */
function addSchedule(
  scope: Construct,
  id: string,
  deployment: Deployment,
  { name, description, every, input, target, failures }: ScheduleProps,
): void {
  const role = addStarterRole(scope, id, name, target, failures)
  new Schedule(scope, `${id}Schedule`, {
    scheduleName: functionNameOf(deployment, name),
    description: `nice-blobs: ${description}`,
    schedule: ScheduleExpression.rate(Duration.minutes(every / MINUTE)),
    timeWindow: windowOf(every),
    // The target that the CDK has would give the role more than it needs.
    target: {
      bind: () => ({
        arn: target.functionArn,
        role,
        input: ScheduleTargetInput.fromObject(input),
        retryPolicy: {
          maximumRetryAttempts: RETRIES,
          maximumEventAgeInSeconds: LONGEST_RETRIED.toSeconds(),
        },
        deadLetterConfig: { arn: failures.queueArn },
      }),
    },
  })
}

/** Installations do not all run at the full hour. */
function windowOf(every: number): TimeWindow {
  const minutes = Math.min(LONGEST_WINDOW, Math.floor(every / 4 / MINUTE))
  return minutes < 1 ? TimeWindow.off() : TimeWindow.flexible(Duration.minutes(minutes))
}

/** What EventBridge Scheduler acts as: it starts one function, and puts down what it could not start. */
function addStarterRole(
  scope: Construct,
  id: string,
  name: FunctionName,
  target: LambdaFunction,
  failures: Queue,
): Role {
  const allow = (sid: string, action: string, resource: string) =>
    new PolicyStatement({ sid, effect: Effect.ALLOW, actions: [action], resources: [resource] })
  const statements = [
    allow('Start', 'lambda:InvokeFunction', target.functionArn),
    allow('PutFailuresDown', 'sqs:SendMessage', failures.queueArn),
  ]
  const own = Stack.of(scope)
  const group = own.formatArn({
    service: 'scheduler',
    resource: 'schedule-group',
    resourceName: 'default',
  })
  return new Role(scope, `${id}StarterRole`, {
    description: `nice-blobs: starter of ${name}`,
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': own.account, 'aws:SourceArn': group } },
    }),
    inlinePolicies: { start: new PolicyDocument({ statements }) },
  })
}
