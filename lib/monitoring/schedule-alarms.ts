import { Duration } from 'aws-cdk-lib'
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../../core/model/metric-names.ts'
import { DAY } from '../../core/model/quantity.ts'
import type { Deployment } from '../deployment.ts'
import type { AlarmTopic } from './alarm-topic.ts'

const PERIOD = Duration.minutes(5)
const MINUTE = 60_000
/** Lambda's own, of one run. A single one fails where the same run is started twice, and does no harm. */
const ATTEMPTS = 3
/** Runs that do not come before somebody is told. */
const MISSED = 3
/** CloudWatch looks back a week at most; of what runs more rarely it cannot tell that it stopped. */
const MOST_DAYS = 7
const RAREST = 6 * DAY

/** What a run measures of all volumes together. */
export function scheduleMetric({ stack }: Pick<Deployment, 'stack'>, name: MetricName): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: { [METRIC_DIMENSION]: stack.name },
    statistic: Stats.MAXIMUM,
    period: PERIOD,
  })
}

/** Between two runs nothing is measured; until the next one the state stays what it was. */
export function watchVolumes(scope: Construct, deployment: Deployment, alarms: AlarmTopic): void {
  const { backlog, overdue } = deployment.stack.alarms
  const watch = (
    name: 'BacklogLarge' | 'BacklogOverdue' | 'VolumesSilent' | 'VolumesFilling',
    metric: MetricName,
    threshold: number,
  ) =>
    alarms.onMetric(scope, name, scheduleMetric(deployment, metric), {
      threshold,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.IGNORE,
    })
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
  { stack }: Deployment,
  made: LambdaFunction,
  failures: Queue,
  alarms: AlarmTopic,
): void {
  const errors = made.metricErrors({ statistic: Stats.SUM, period: Duration.hours(1) })
  alarms.onMetric(scope, 'ScheduleFailing', errors, {
    of: 'Errors',
    threshold: ATTEMPTS,
    evaluationPeriods: 1,
  })
  const waiting = failures.metricApproximateNumberOfMessagesVisible({
    statistic: Stats.MAXIMUM,
    period: PERIOD,
  })
  alarms.onMetric(scope, 'ScheduleFailing', waiting, {
    of: 'Failures',
    threshold: 1,
    evaluationPeriods: 1,
    // A queue that nobody touches is no longer measured, whatever is in it.
    treatMissingData: TreatMissingData.IGNORE,
  })
  watchRuns(scope, { stack }, alarms)
}

/** By what a run measures, so that one that is invoked and does nothing counts as missed. */
function watchRuns(scope: Construct, deployment: Pick<Deployment, 'stack'>, alarms: AlarmTopic): void {
  const { every } = deployment.stack.schedule
  if (every > RAREST) return
  const period = Math.min(DAY, Math.max(every, PERIOD.toMilliseconds()))
  const evaluationPeriods = Math.min(MOST_DAYS, Math.max(MISSED, Math.ceil((MISSED * every) / period)))
  const runs = scheduleMetric(deployment, 'Volumes').with({
    statistic: Stats.SAMPLE_COUNT,
    period: Duration.minutes(period / MINUTE),
  })
  alarms.onMetric(scope, 'ScheduleFailing', runs, {
    of: 'Runs',
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods,
    treatMissingData: TreatMissingData.BREACHING,
  })
}
