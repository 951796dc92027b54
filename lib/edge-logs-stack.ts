import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Edge } from './delivery/edge.ts'
import { addEdgeLogs } from './delivery/edge-logs.ts'

interface EdgeLogsProps extends StackProps {
  edges: readonly Edge[]
  /** Of the bucket, in its region: nothing that is logged stays in this stack's. */
  recordsArn: string
}

/** What only one region can set up, for an installation that is in another. */
export class EdgeLogsStack extends Stack {
  constructor(scope: Construct, id: string, { edges, recordsArn, ...props }: EdgeLogsProps) {
    super(scope, id, props)
    addEdgeLogs(this, edges, recordsArn)
  }
}
