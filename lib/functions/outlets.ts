import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

/** Where a function leaves what people look at: its log, and the events that it failed on for good. */
export class Outlets extends Construct {
  readonly log: LogGroup
  readonly failures: Queue

  constructor(scope: Construct, id: string, functionName: string) {
    super(scope, id)
    this.log = new LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.THREE_MONTHS,
      // A stack that comes back would find the name taken.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
  }
}
