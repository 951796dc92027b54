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
import type { Deployment } from '../deployment.ts'
import { scheduleFunctionName } from './schedule-archive.ts'

const MINUTE = 60_000
const LONGEST_WINDOW = 15
/** Of what cannot even be started; what fails once it runs Lambda repeats. */
const RETRIES = 3
const LONGEST_RETRIED = Duration.hours(1)

/** Starts the function again and again, and tells it for when, so that a run that is started twice is one run. */
export function addSchedule(
  scope: Construct,
  { stack }: Deployment,
  target: LambdaFunction,
  failures: Queue,
): void {
  const { every } = stack.schedule
  const role = addStarterRole(scope, target, failures)
  new Schedule(scope, 'Schedule', {
    scheduleName: scheduleFunctionName({ stack }),
    description: 'nice-blobs: gives each volume its order',
    schedule: ScheduleExpression.rate(Duration.minutes(every / MINUTE)),
    timeWindow: windowOf(every),
    // The target that the CDK has would give the role more than it needs.
    target: {
      bind: () => ({
        arn: target.functionArn,
        role,
        input: ScheduleTargetInput.fromObject({ run: ContextAttribute.scheduledTime }),
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
function addStarterRole(scope: Construct, target: LambdaFunction, failures: Queue): Role {
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
  return new Role(scope, 'StarterRole', {
    description: 'nice-blobs: starter',
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': own.account, 'aws:SourceArn': group } },
    }),
    inlinePolicies: { start: new PolicyDocument({ statements }) },
  })
}
