import { METRIC_DIMENSION, METRIC_NAMESPACE, METRIC_UNITS, type MetricName } from './metric-names.ts'

/**
 * One line of the log that CloudWatch makes metrics of (its embedded metric format), so that no function needs a right to put any.
 * `now` in milliseconds since 1970.
 */
export function metricLine(
  installation: string,
  values: Readonly<Partial<Record<MetricName, number>>>,
  now: number,
): string {
  const Metrics = Object.keys(values).map(Name => ({ Name, Unit: METRIC_UNITS[Name as MetricName] }))
  const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [[METRIC_DIMENSION]], Metrics }
  const _aws = { Timestamp: now, CloudWatchMetrics: [directive] }
  return JSON.stringify({ _aws, [METRIC_DIMENSION]: installation, ...values })
}
