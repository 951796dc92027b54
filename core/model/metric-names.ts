/** What the functions measure of the whole installation; the alarms and the dashboard are made of these. */
export const METRIC_NAMESPACE = 'NiceBlobs'
/** The one dimension: the name of the stack. */
export const METRIC_DIMENSION = 'Installation'

/** By the schedule, once a run. */
export const SCHEDULE_UNITS = {
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

/** By the condemner, of a report that was followed to its end; the first two by the sweeper too, once a day. */
const CONDEMN_UNITS = {
  /** Reports that wait for a person. */
  OpenReports: 'Count',
  /** Named by the last report, and swept: a person has to undelete them. */
  SweptAliveBlobs: 'Count',
  CondemnedBlobs: 'Count',
  CondemnedBytes: 'Bytes',
  RevivedBlobs: 'Count',
} as const

/** By the sweeper, once a day. */
const SWEEP_UNITS = {
  SweptBlobs: 'Count',
  SweptBytes: 'Bytes',
  /** Condemned, and not swept yet. */
  AwaitingSweep: 'Count',
  /** What was not as it should be, so that the sweeper left it. */
  SweepOddities: 'Count',
} as const

export const METRIC_UNITS = { ...SCHEDULE_UNITS, ...CONDEMN_UNITS, ...SWEEP_UNITS } as const

export type MetricName = keyof typeof METRIC_UNITS
export type ScheduleMetricName = keyof typeof SCHEDULE_UNITS
