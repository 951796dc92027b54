import type { Construct } from 'constructs'
import type { DutyAccess } from '../access/duty-access.ts'
import type { Deployment } from '../deployment.ts'
import { feedCondemnQueue, workOffCondemnQueue } from './condemn-queue.ts'
import type { Functions } from './functions.ts'
import { scheduleOrders, scheduleSweeps } from './schedule.ts'
import type { Workplace } from './workplace.ts'

/** What sets the functions to work: two schedules, and a queue. */
export function startFunctions(
  scope: Construct,
  deployment: Deployment,
  functions: Functions,
  { condemner }: Pick<DutyAccess, 'condemner'>,
  { outlets, queue }: Workplace,
): void {
  scheduleOrders(scope, deployment, functions['schedule-archive'], outlets['schedule-archive'].failures)
  scheduleSweeps(scope, deployment, functions.sweep, outlets.sweep.failures)
  feedCondemnQueue(scope, deployment.bucket.name, queue, outlets.condemn.failures)
  workOffCondemnQueue(scope, functions.condemn, condemner, queue)
}
