import { Stack, Validations } from 'aws-cdk-lib'
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { type EventPattern, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Construct } from 'constructs'
import type { AlarmName } from '../../core/model/alarm-names.ts'

interface When
  extends Pick<AlarmProps, 'threshold' | 'evaluationPeriods' | 'comparisonOperator' | 'treatMissingData'> {
  /** Tells alarms of one name apart. */
  of?: string
}

/** Where alarms go, and how they are made: every one says which section of docs/operations.md to open. */
export interface AlarmTopic {
  /** Of the metrics, so far. */
  readonly raised: readonly Alarm[]
  /** Raised when the metric reaches the threshold, unless said otherwise; what is missing is no fault, likewise. */
  onMetric(scope: Construct, name: AlarmName, metric: IMetric, when: When): void
  /** Raised by each event; `about`: what the message tells of it, as paths into the event by name. */
  onEvent(scope: Construct, name: AlarmName, pattern: EventPattern, about: Record<string, string>): void
}

export function addAlarmTopic(scope: Construct, emails: readonly string[]): AlarmTopic {
  const topic = new Topic(scope, 'Alarms', { enforceSSL: true })
  for (const email of emails) topic.addSubscription(new EmailSubscription(email))
  topic.addToResourcePolicy(publishFrom('cloudwatch.amazonaws.com', topic))
  Validations.of(topic).acknowledge({
    id: 'AwsSolutions-SNS2',
    reason:
      'Messages name metrics and keys, no content; the managed key of SNS would keep CloudWatch from publishing.',
  })
  const raised: Alarm[] = []
  return {
    raised,
    onMetric(parent, name, metric, { of, ...when }) {
      const alarm = new Alarm(parent, of === undefined ? name : `${name}-${of}`, {
        metric,
        alarmDescription: advice(name),
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
        ...when,
      })
      alarm.addAlarmAction(new SnsAction(topic))
      alarm.addOkAction(new SnsAction(topic))
      raised.push(alarm)
    },
    onEvent(parent, name, eventPattern, about) {
      const message = RuleTargetInput.fromObject({ alarm: name, look: advice(name), ...about })
      new Rule(parent, name, {
        eventPattern,
        description: advice(name),
        targets: [new SnsTopic(topic, { message })],
      })
    },
  }
}

function advice(name: AlarmName): string {
  return `nice-blobs ${name}: see docs/operations.md, "${name}"`
}

function publishFrom(service: string, topic: Topic): PolicyStatement {
  return new PolicyStatement({
    sid: 'PublishAlarms',
    principals: [new ServicePrincipal(service)],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(topic).account } },
  })
}
