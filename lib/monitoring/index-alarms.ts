import { Duration } from 'aws-cdk-lib'
import { Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'
import type { AlarmTopic } from './alarm-topic.ts'

const PERIOD = Duration.minutes(5)
const THROTTLED = ['ReadThrottleEvents', 'WriteThrottleEvents']
const OPERATIONS = ['BatchGetItem', 'PutItem', 'Query']

/** Short throttling is repeated and does no harm; what lasts a quarter of an hour is somebody's loop, or a ceiling too low. */
export function watchIndex(scope: Construct, index: TableV2, alarms: AlarmTopic): void {
  const sum = { statistic: Stats.SUM, period: PERIOD }
  for (const name of THROTTLED)
    alarms.onMetric(scope, 'IndexThrottled', index.metric(name, sum), {
      of: name,
      threshold: 100,
      evaluationPeriods: 3,
    })
  for (const Operation of OPERATIONS) {
    const dimensionsMap = { TableName: index.tableName, Operation }
    const errors = index.metric('SystemErrors', { ...sum, dimensionsMap })
    alarms.onMetric(scope, 'IndexFailing', errors, { of: Operation, threshold: 10, evaluationPeriods: 3 })
  }
}
