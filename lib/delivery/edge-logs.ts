import { Names, Stack } from 'aws-cdk-lib'
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnDelivery, CfnDeliveryDestination, CfnDeliverySource } from 'aws-cdk-lib/aws-logs'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Edge } from './edge.ts'

/** CloudFront's logs are set up there and nowhere else; where they go is free. */
export const LOGS_REGION = 'us-east-1'
/** Where in the bucket of records. */
const PREFIX = 'edges'
const LONGEST_NAME = 60

/** Who asked for which blob, from where, and what it got. Neither queries nor what browsers send along: there signatures are. */
const FIELDS = [
  ...['date', 'time', 'x-edge-request-id', 'x-edge-location', 'c-ip', 'c-country'],
  ...['cs-method', 'cs(Host)', 'cs-uri-stem', 'cs-protocol', 'cs-protocol-version', 'ssl-protocol'],
  ...['cs(User-Agent)', 'sc-status', 'sc-bytes', 'sc-content-type', 'sc-range-start', 'sc-range-end'],
  ...['time-taken', 'time-to-first-byte', 'x-edge-result-type', 'x-edge-detailed-result-type'],
]

/** In a stack of that region. `recordsArn`: of a bucket in any. Each edge is a source, and all go to one bucket. */
export function addEdgeLogs(scope: Construct, edges: readonly Edge[], recordsArn: string): void {
  const name = (construct: Construct) => Names.uniqueResourceName(construct, { maxLength: LONGEST_NAME })
  const place = new Construct(scope, 'EdgeLogs')
  const destination = new CfnDeliveryDestination(place, 'Destination', {
    name: name(place),
    destinationResourceArn: `${recordsArn}/${PREFIX}`,
    outputFormat: 'json',
  })
  for (const { database, distribution } of edges) {
    const own = new Construct(place, database)
    const source = new CfnDeliverySource(own, 'Source', {
      name: name(own),
      logType: 'ACCESS_LOGS',
      resourceArn: distribution.distributionArn,
    })
    new CfnDelivery(own, 'Delivery', {
      deliverySourceName: source.ref,
      deliveryDestinationArn: destination.attrArn,
      recordFields: FIELDS,
      s3SuffixPath: `/${database}/{yyyy}/{MM}/{dd}`,
    })
  }
}

/** Said here, lest CloudWatch writes it into the policy by itself. */
export function letLogsIn(records: IBucket): void {
  const { account, partition } = Stack.of(records)
  records.addToResourcePolicy(
    new PolicyStatement({
      sid: 'WriteEdgeLogs',
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [records.arnForObjects(`${PREFIX}/*`)],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account, 's3:x-amz-acl': 'bucket-owner-full-control' },
        ArnLike: { 'aws:SourceArn': `arn:${partition}:logs:${LOGS_REGION}:${account}:delivery-source:*` },
      },
    }),
  )
}
