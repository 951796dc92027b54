import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'
import { type FunctionName, functionNameOf } from './add-function.ts'
import { addCondemnQueue } from './condemn-queue.ts'
import { Outlets } from './outlets.ts'

/** What the functions need around them, made before their roles, which name it. */
export interface Workplace {
  outlets: Readonly<Record<FunctionName, Outlets>>
  /** Of the condemner’s work. */
  queue: Queue
}

export function addWorkplace(scope: Construct, deployment: Deployment): Workplace {
  const outletsOf = (id: string, name: FunctionName) =>
    new Outlets(scope, `${id}Outlets`, functionNameOf(deployment, name))
  const outlets = {
    'schedule-archive': outletsOf('Schedule', 'schedule-archive'),
    condemn: outletsOf('Condemn', 'condemn'),
    sweep: outletsOf('Sweep', 'sweep'),
  }
  return { outlets, queue: addCondemnQueue(scope, outlets.condemn.failures) }
}
