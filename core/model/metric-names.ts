/** What the schedule measures of the whole installation, once a run; the alarms and the dashboard are made of these. */
export const METRIC_NAMESPACE = 'NiceBlobs'
/** The one dimension: the name of the stack. */
export const METRIC_DIMENSION = 'Installation'

export const METRIC_UNITS = {
  /** Due and not archived. */
  BacklogBytes: 'Bytes',
  BacklogBlobs: 'Count',
  /** For how long the blob has been due that has been due the longest. */
  Overdue: 'Seconds',
  Volumes: 'Count',
  SilentVolumes: 'Count',
  FillingVolumes: 'Count',
  OrderedBytes: 'Bytes',
} as const

export type MetricName = keyof typeof METRIC_UNITS
