import { Duration } from 'aws-cdk-lib'
import { ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { AlarmName } from '../../core/model/alarm-names.ts'
import type { MetricName } from '../../core/model/metric-names.ts'
import { DAY } from '../../core/model/quantity.ts'
import type { Deployment } from '../deployment.ts'
import type { AlarmTopic } from './alarm-topic.ts'
import { measured, PERIOD } from './measured.ts'

const MINUTE = 60_000
/** Lambda's own, of one run. A single one fails where the same run is started twice, and does no harm. */
const ATTEMPTS = 3
/** Runs that do not come before somebody is told. */
const MISSED = 3
/** CloudWatch looks back a week at most; of what runs more rarely it cannot tell that it stopped. */
const MOST_DAYS = 7
const RAREST = 6 * DAY

/** What does not go well for a while, and what was given up on. `within` is a time in which all attempts of a run are made. */
export function watchFailures(
  scope: Construct,
  name: AlarmName,
  { made, failures, within }: { made: LambdaFunction; failures: Queue; within: Duration },
  alarms: AlarmTopic,
): void {
  const errors = made.metricErrors({ statistic: Stats.SUM, period: within })
  alarms.onMetric(scope, name, errors, { of: 'Errors', threshold: ATTEMPTS, evaluationPeriods: 1 })
  const waiting = failures.metricApproximateNumberOfMessagesVisible({
    statistic: Stats.MAXIMUM,
    period: PERIOD,
  })
  alarms.onMetric(scope, name, waiting, {
    of: 'Failures',
    threshold: 1,
    evaluationPeriods: 1,
    // A queue that nobody touches is no longer measured, whatever is in it.
    treatMissingData: TreatMissingData.IGNORE,
  })
}

/** By what each run measures, so that one that is invoked and does nothing counts as missed. `every`: milliseconds. */
export function watchRuns(
  scope: Construct,
  deployment: Pick<Deployment, 'stack'>,
  name: AlarmName,
  { metric, every }: { metric: MetricName; every: number },
  alarms: AlarmTopic,
): void {
  if (every > RAREST) return
  const period = Math.min(DAY, Math.max(every, PERIOD.toMilliseconds()))
  const evaluationPeriods = Math.min(MOST_DAYS, Math.max(MISSED, Math.ceil((MISSED * every) / period)))
  const runs = measured(deployment, metric).with({
    statistic: Stats.SAMPLE_COUNT,
    period: Duration.minutes(period / MINUTE),
  })
  alarms.onMetric(scope, name, runs, {
    of: 'Runs',
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods,
    treatMissingData: TreatMissingData.BREACHING,
  })
}

/** Between two runs nothing is measured; until the next one the state stays what it was. */
export function watchMeasured(
  scope: Construct,
  deployment: Pick<Deployment, 'stack'>,
  name: AlarmName,
  { metric, threshold }: { metric: MetricName; threshold: number },
  alarms: AlarmTopic,
): void {
  alarms.onMetric(scope, name, measured(deployment, metric), {
    threshold,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.IGNORE,
  })
}
