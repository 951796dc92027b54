import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { AlarmName } from '../../core/model/alarm-names.ts'
import type { MetricName } from '../../core/model/metric-names.ts'
import type { Deployment } from '../deployment.ts'
import type { Functions } from '../functions/functions.ts'
import type { Workplace } from '../functions/workplace.ts'
import type { AlarmTopic } from './alarm-topic.ts'
import { watchFailures, watchMeasured, watchRuns } from './function-alarms.ts'

const WITHIN = Duration.hours(1)

export function watchVolumes(scope: Construct, deployment: Deployment, alarms: AlarmTopic): void {
  const { backlog, overdue } = deployment.stack.alarms
  const watch = (name: AlarmName, metric: MetricName, threshold: number) =>
    watchMeasured(scope, deployment, name, { metric, threshold }, alarms)
  watch('VolumesSilent', 'SilentVolumes', 1)
  watch('VolumesFilling', 'FillingVolumes', 1)
  // Where nothing is archived but by a command, what is due waits for a person.
  if (!Object.values(deployment.databases).some(({ schedule }) => schedule)) return
  watch('BacklogLarge', 'BacklogBytes', backlog)
  watch('BacklogOverdue', 'Overdue', overdue / 1000)
}

/** The function itself: attempts that fail, runs that were given up, and no runs at all. */
export function watchSchedule(
  scope: Construct,
  deployment: Deployment,
  functions: Functions,
  { outlets }: Workplace,
  alarms: AlarmTopic,
): void {
  const made = functions['schedule-archive']
  const { failures } = outlets['schedule-archive']
  const { every } = deployment.stack.schedule
  watchFailures(scope, 'ScheduleFailing', { made, failures, within: WITHIN }, alarms)
  watchRuns(scope, deployment, 'ScheduleFailing', { metric: 'Volumes', every }, alarms)
}
