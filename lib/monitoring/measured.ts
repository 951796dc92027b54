import { Duration } from 'aws-cdk-lib'
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../../core/model/metric-names.ts'
import type { Deployment } from '../deployment.ts'

/** As fine as anything is watched. */
export const PERIOD = Duration.minutes(5)

/** What the functions measure of the whole installation. */
export function measured({ stack }: Pick<Deployment, 'stack'>, name: MetricName): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: { [METRIC_DIMENSION]: stack.name },
    statistic: Stats.MAXIMUM,
    period: PERIOD,
  })
}
