import { Duration } from 'aws-cdk-lib'
import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { DAY } from '../../core/model/quantity.ts'
import type { Deployment } from '../deployment.ts'
import type { Functions } from '../functions/functions.ts'
import type { Workplace } from '../functions/workplace.ts'
import type { AlarmTopic } from './alarm-topic.ts'
import { watchFailures, watchMeasured, watchRuns } from './function-alarms.ts'
import { PERIOD } from './measured.ts'

/** A report takes minutes. What failed comes back after an hour, so that this is the third attempt, or nobody works at all. */
const OLDEST = Duration.hours(3)
/** Three attempts of a sweep may take an hour, and begin just before one is over. */
const SWEEPING = Duration.days(1)

/** What waits for a person, and whether condemner and sweeper work. */
export function watchGarbage(
  scope: Construct,
  deployment: Deployment,
  functions: Functions,
  { outlets, queue }: Workplace,
  alarms: AlarmTopic,
): void {
  watchMeasured(scope, deployment, 'ReportOpen', { metric: 'OpenReports', threshold: 1 }, alarms)
  watchMeasured(scope, deployment, 'BlobsSweptAlive', { metric: 'SweptAliveBlobs', threshold: 1 }, alarms)
  watchMeasured(scope, deployment, 'SweepOdd', { metric: 'SweepOddities', threshold: 1 }, alarms)

  const condemning = {
    made: functions.condemn,
    failures: outlets.condemn.failures,
    within: Duration.hours(1),
  }
  watchFailures(scope, 'CondemnFailing', condemning, alarms)
  const age = queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: PERIOD })
  alarms.onMetric(scope, 'CondemnFailing', age, {
    of: 'Oldest',
    threshold: OLDEST.toSeconds(),
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.IGNORE,
  })

  const sweeping = { made: functions.sweep, failures: outlets.sweep.failures, within: SWEEPING }
  watchFailures(scope, 'SweepFailing', sweeping, alarms)
  watchRuns(scope, deployment, 'SweepFailing', { metric: 'SweptBlobs', every: DAY }, alarms)
}
