import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'
import { Edge } from './edge.ts'
import { addEdgePolicies } from './edge-policies.ts'

/** The edges of all databases that have public keys; without a key there would be nobody to sign. */
export function addEdges(scope: Construct, deployment: Deployment, bucket: Bucket): Edge[] {
  const { delivery } = deployment.stack
  const delivered = Object.entries(delivery?.databases ?? {}).filter(
    ([, { publicKeys }]) => publicKeys.length > 0,
  )
  if (!delivery || delivered.length === 0) return []
  const policies = addEdgePolicies(scope, deployment)
  const props = { deployment, delivery, bucket, policies }
  return delivered.map(([database]) => new Edge(scope, database, props))
}
