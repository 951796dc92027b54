import { Duration } from 'aws-cdk-lib'
import { Match, Rule } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { EventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { ALL_PACKS, ALL_VERDICTS } from '../../core/model/key.ts'
import type { Duty } from '../access/add-role.ts'

/** For one shard of one report: of ten million rows 160,000, and in the worst case each of them is written. */
export const CONDEMN_TIME = Duration.minutes(10)
/** As AWS asks of a queue that a function works off: an attempt that is throttled is not the last. */
const ATTEMPTS_BEFORE_RETURN = 6
/** A message that comes back so often is looked at by a person. */
const ATTEMPTS = 5
/** Shards at a time: each reads a partition of the index as fast as it can, and hosts need the rest of the ceiling. */
const AT_ONCE = 2
/** A shard has the whole time of the function. */
const BATCH = 1
/** A star stands for slashes, too. What is no key of ours the function passes over. */
const KEYS = [`${ALL_PACKS}*/manifest.json`, `${ALL_VERDICTS}*.json`]

/** The condemner’s work: what comes into the bucket, and what it leaves itself for later. */
export function addCondemnQueue(scope: Construct, failures: Queue): Queue {
  return new Queue(scope, 'CondemnQueue', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    visibilityTimeout: Duration.seconds(ATTEMPTS_BEFORE_RETURN * CONDEMN_TIME.toSeconds()),
    retentionPeriod: Duration.days(14),
    deadLetterQueue: { queue: failures, maxReceiveCount: ATTEMPTS },
  })
}

/** Every manifest and every verdict that comes into the bucket, as EventBridge tells of it. */
export function feedCondemnQueue(scope: Construct, bucketName: string, queue: Queue, failures: Queue): void {
  const rule = new Rule(scope, 'CondemnRule', {
    description: 'nice-blobs: tells the condemner of live reports and of verdicts on them',
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: {
        bucket: { name: [bucketName] },
        object: { key: KEYS.flatMap(key => Match.wildcard(key)) },
      },
    },
    // The target that the CDK has would let EventBridge ask for the queue’s settings, too.
    targets: [{ bind: () => ({ arn: queue.queueArn, deadLetterConfig: { arn: failures.queueArn } }) }],
  })
  for (const open of [queue, failures]) open.addToResourcePolicy(sendFrom(rule, open))
}

export function workOffCondemnQueue(
  scope: Construct,
  target: LambdaFunction,
  { policy }: Duty,
  queue: Queue,
): void {
  const mapping = new EventSourceMapping(scope, 'CondemnSource', {
    target,
    eventSourceArn: queue.queueArn,
    batchSize: BATCH,
    maxConcurrency: AT_ONCE,
    reportBatchItemFailures: true,
  })
  // Lambda refuses a queue that the role may not receive from yet.
  mapping.node.addDependency(policy)
}

/** The rule’s ARN names its account. */
function sendFrom({ ruleArn }: Rule, { queueArn }: Queue): PolicyStatement {
  return new PolicyStatement({
    sid: 'PutEventsDown',
    principals: [new ServicePrincipal('events.amazonaws.com')],
    actions: ['sqs:SendMessage'],
    resources: [queueArn],
    conditions: { ArnEquals: { 'aws:SourceArn': ruleArn } },
  })
}
