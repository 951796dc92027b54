import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'
import type { Deployment } from './deployment.ts'

/** The table of docs/formats.md, "Index". It can be rebuilt from the bucket (I10), and is kept as if it could not. */
export function addBlobIndex(scope: Construct, { index, stack }: Deployment): TableV2 {
  const { read, write } = stack.indexCeiling
  return new TableV2(scope, 'Index', {
    tableName: index.table,
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billing: Billing.onDemand({ maxReadRequestUnits: read, maxWriteRequestUnits: write }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
}
