import { Aws, Validations } from 'aws-cdk-lib'
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'

/** A policy that ends at a prefix has to say why it does not name each object. */
export function explainPrefixes(policy: Construct, statements: readonly PolicyStatement[]): void {
  const open = new Set(
    statements.flatMap(({ resources }) => resources).filter(resource => resource.endsWith('/*')),
  )
  for (const resource of open) {
    const finding = resource.replace(Aws.PARTITION, '<AWS::Partition>')
    Validations.of(policy).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${finding}]`,
      reason:
        'Its objects are named after the blobs of one prefix, which are not known before they are there.',
    })
  }
}
