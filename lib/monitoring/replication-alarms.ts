import { Duration } from 'aws-cdk-lib'
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { REPLICATION_RULE } from '../bucket/replication.ts'
import type { Deployment } from '../deployment.ts'
import type { AlarmTopic } from './alarm-topic.ts'

/** Raised in the bucket's region, where S3 counts what it gave up. */
export function watchReplicationFailures(scope: Construct, deployment: Deployment, alarms: AlarmTopic): void {
  if (!deployment.stack.replica) return
  const failed = replicationMetric(deployment, 'OperationsFailedReplication', Stats.SUM, Duration.minutes(5))
  alarms.onMetric(scope, 'ReplicationFailed', failed, { threshold: 1, evaluationPeriods: 1 })
}

/** Raised in the replica's region, where S3 tells how far behind it is. */
export function watchReplicationLag(scope: Construct, deployment: Deployment, alarms: AlarmTopic): void {
  const lag = replicationMetric(deployment, 'ReplicationLatency', Stats.MAXIMUM, Duration.minutes(15))
  const threshold = deployment.stack.alarms.replicationLag / 1000
  alarms.onMetric(scope, 'ReplicationLate', lag, { threshold, evaluationPeriods: 3 })
}

function replicationMetric(
  { bucket, stack }: Deployment,
  metricName: string,
  statistic: string,
  period: Duration,
): Metric {
  const dimensionsMap = {
    SourceBucket: bucket.name,
    DestinationBucket: stack.replica?.bucket ?? '',
    RuleId: REPLICATION_RULE,
  }
  return new Metric({ namespace: 'AWS/S3', metricName, dimensionsMap, statistic, period })
}
