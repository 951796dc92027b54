import { Duration } from 'aws-cdk-lib'
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'

const HALF = 12
const DAILY = Duration.days(1)
const STORAGE_TYPES = [
  'StandardStorage',
  'IntelligentTieringFAStorage',
  'IntelligentTieringIAStorage',
  'IntelligentTieringAIAStorage',
]

/** What is in the bucket, by tier and in count, how busy the index is, and which alarm is on. */
export function addDashboard(
  scope: Construct,
  { bucket, stack }: Deployment,
  index: TableV2,
  alarms: IAlarm[],
): void {
  const daily = (metricName: string, StorageType: string) =>
    new Metric({
      namespace: 'AWS/S3',
      metricName,
      dimensionsMap: { BucketName: bucket.name, StorageType },
      statistic: Stats.AVERAGE,
      period: DAILY,
      label: StorageType,
    })
  const bytes = STORAGE_TYPES.map(type => daily('BucketSizeBytes', type))
  new Dashboard(scope, 'Dashboard', {
    dashboardName: `${stack.name}-${bucket.region}`,
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', alarms, width: 2 * HALF })],
      [
        new GraphWidget({ title: 'Bytes, once a day', left: bytes, stacked: true, width: HALF }),
        new GraphWidget({
          title: 'Objects and versions, once a day',
          left: [daily('NumberOfObjects', 'AllStorageTypes')],
          width: HALF,
        }),
      ],
      [
        new GraphWidget({
          title: 'Index: units',
          left: [index.metricConsumedReadCapacityUnits(), index.metricConsumedWriteCapacityUnits()],
          width: 2 * HALF,
        }),
      ],
    ],
  })
}
