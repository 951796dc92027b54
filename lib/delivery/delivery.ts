import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { edgesIn } from '../../core/model/stack-config.ts'
import type { Deployment } from '../deployment.ts'
import { Edge } from './edge.ts'
import { addEdgePolicies } from './edge-policies.ts'

/** The edges of all databases that have public keys. */
export function addEdges(scope: Construct, deployment: Deployment, bucket: Bucket): Edge[] {
  const { delivery } = deployment.stack
  const databases = edgesIn(deployment.stack)
  if (!delivery || databases.length === 0) return []
  const props = { deployment, delivery, bucket, policies: addEdgePolicies(scope, deployment) }
  return databases.map(([database, delivered]) => new Edge(scope, database, delivered, props))
}
