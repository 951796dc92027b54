import {
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  METRIC_UNITS,
  type MetricName,
} from '../../core/model/metric-names.ts'

/**
 * One line of the log that CloudWatch makes metrics of (its embedded metric format), so that the function needs no right to put any.
 * `now` in milliseconds since 1970.
 */
export function metricLine(
  installation: string,
  values: Readonly<Record<MetricName, number>>,
  now: number,
): string {
  const Metrics = Object.entries(METRIC_UNITS).map(([Name, Unit]) => ({ Name, Unit }))
  const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [[METRIC_DIMENSION]], Metrics }
  const _aws = { Timestamp: now, CloudWatchMetrics: [directive] }
  return JSON.stringify({ _aws, [METRIC_DIMENSION]: installation, ...values })
}
