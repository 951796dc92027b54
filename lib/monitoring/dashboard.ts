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
import type { MetricName } from '../../core/model/metric-names.ts'
import type { Edge } from '../delivery/edge.ts'
import type { Deployment } from '../deployment.ts'
import { edgeRow } from './edge-row.ts'
import { measured } from './measured.ts'

const HALF = 12
const THIRD = 8
const DAILY = Duration.days(1)
const STORAGE_TYPES = [
  'StandardStorage',
  'IntelligentTieringFAStorage',
  'IntelligentTieringIAStorage',
  'IntelligentTieringAIAStorage',
]

/** What is in the bucket, by tier and in count, what waits in volumes, what is garbage, how busy index and edges are, and which alarm is on. */
export function addDashboard(
  scope: Construct,
  deployment: Deployment,
  index: TableV2,
  edges: readonly Edge[],
  alarms: IAlarm[],
): void {
  const { bucket, stack } = deployment
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
      volumeRow(deployment),
      garbageRow(deployment),
      [
        new GraphWidget({
          title: 'Index: units',
          left: [index.metricConsumedReadCapacityUnits(), index.metricConsumedWriteCapacityUnits()],
          width: 2 * HALF,
        }),
      ],
      edgeRow(edges),
    ],
  })
}

/** Overdue and bytes are too unlike for one axis. */
function volumeRow(deployment: Deployment): GraphWidget[] {
  const graph = graphOf(deployment)
  return [
    graph('Due and not archived: bytes', 'BacklogBytes'),
    graph('Due the longest: seconds', 'Overdue'),
    graph('Volumes: silent, filling', 'SilentVolumes', 'FillingVolumes'),
  ]
}

function garbageRow(deployment: Deployment): GraphWidget[] {
  const graph = graphOf(deployment)
  return [
    graph('Blobs: condemned, revived', 'CondemnedBlobs', 'RevivedBlobs'),
    graph('Blobs: awaiting the sweep, swept', 'AwaitingSweep', 'SweptBlobs'),
    graph('For a person: reports, blobs, oddities', 'OpenReports', 'SweptAliveBlobs', 'SweepOddities'),
  ]
}

function graphOf(deployment: Deployment) {
  return (title: string, ...names: MetricName[]) =>
    new GraphWidget({ title, left: names.map(name => measured(deployment, name)), width: THIRD })
}
