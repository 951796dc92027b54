/** Every alarm the stack can raise; docs/operations.md has a section under each name. */
export const ALARM_NAMES = [
  'VersionDeleted',
  'ReplicationFailed',
  'ReplicationLate',
  'IndexThrottled',
  'IndexFailing',
  'BacklogLarge',
  'BacklogOverdue',
  'VolumesSilent',
  'VolumesFilling',
  'ScheduleFailing',
  'ReportOpen',
  'BlobsSweptAlive',
  'CondemnFailing',
  'SweepOdd',
  'SweepFailing',
] as const

export type AlarmName = (typeof ALARM_NAMES)[number]
