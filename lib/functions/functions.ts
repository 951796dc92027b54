import { Duration } from 'aws-cdk-lib'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { makeGarbagePolicy } from '../../core/model/garbage-policy.ts'
import { makeSchedulePolicy } from '../../core/model/schedule-policy.ts'
import { ENVIRONMENT as CONDEMN } from '../../lambdas/condemn/env.ts'
import { ENVIRONMENT as SCHEDULE } from '../../lambdas/schedule-archive/env.ts'
import { ENVIRONMENT as SWEEP } from '../../lambdas/sweep/env.ts'
import type { Duty } from '../access/add-role.ts'
import type { DutyAccess } from '../access/duty-access.ts'
import type { Deployment } from '../deployment.ts'
import { addFunction, type FunctionName } from './add-function.ts'
import { CONDEMN_TIME } from './condemn-queue.ts'
import type { Outlets } from './outlets.ts'
import type { Workplace } from './workplace.ts'

/** A run over ten thousand volumes, or the merge of one shard, takes a part of it. */
const MEMORY = 1024
/** A run takes seconds. One that was killed is over before Lambda repeats it for the second time, after three minutes. */
const SCHEDULE_TIME = Duration.minutes(2)
/** As long as there is; what is not swept today is tomorrow. */
const SWEEP_TIME = Duration.minutes(15)

/** All there are, by name. */
export type Functions = Readonly<Record<FunctionName, LambdaFunction>>

export function addFunctions(
  scope: Construct,
  deployment: Deployment,
  { scheduler, condemner, sweeper }: Pick<DutyAccess, 'scheduler' | 'condemner' | 'sweeper'>,
  { outlets, queue }: Workplace,
): Functions {
  return {
    'schedule-archive': addScheduleArchive(scope, deployment, scheduler, outlets['schedule-archive']),
    condemn: addCondemn(scope, deployment, condemner, outlets.condemn, queue),
    sweep: addSweep(scope, deployment, sweeper, outlets.sweep),
  }
}

/** Looks at all volumes and gives each its order. */
function addScheduleArchive(
  scope: Construct,
  deployment: Deployment,
  duty: Duty,
  { log, failures }: Outlets,
): LambdaFunction {
  const { stack, index, databases } = deployment
  return addFunction(scope, 'ScheduleArchive', deployment, {
    name: 'schedule-archive',
    description: 'one order for each volume',
    memory: MEMORY,
    time: SCHEDULE_TIME,
    environment: { [SCHEDULE.table]: index.table, [SCHEDULE.installation]: stack.name },
    policy: makeSchedulePolicy(stack, databases),
    ...{ duty, log, failures },
  })
}

/** Holds the index against live reports, and marks what is garbage. */
function addCondemn(
  scope: Construct,
  deployment: Deployment,
  duty: Duty,
  { log }: Outlets,
  queue: Queue,
): LambdaFunction {
  const { bucket, stack, index, databases } = deployment
  return addFunction(scope, 'Condemn', deployment, {
    name: 'condemn',
    description: 'marks what no live report names',
    memory: MEMORY,
    time: CONDEMN_TIME,
    environment: {
      [CONDEMN.table]: index.table,
      [CONDEMN.bucket]: bucket.name,
      [CONDEMN.queue]: queue.queueUrl,
      [CONDEMN.installation]: stack.name,
    },
    policy: makeGarbagePolicy(stack, databases),
    ...{ duty, log },
  })
}

/** Places the delete markers. */
function addSweep(
  scope: Construct,
  deployment: Deployment,
  duty: Duty,
  { log, failures }: Outlets,
): LambdaFunction {
  const { bucket, stack, index, databases } = deployment
  return addFunction(scope, 'Sweep', deployment, {
    name: 'sweep',
    description: 'places delete markers on what has been garbage for long',
    memory: MEMORY,
    time: SWEEP_TIME,
    environment: {
      [SWEEP.table]: index.table,
      [SWEEP.bucket]: bucket.name,
      [SWEEP.installation]: stack.name,
    },
    policy: makeGarbagePolicy(stack, databases),
    ...{ duty, log, failures },
  })
}
