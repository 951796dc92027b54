import type { App } from 'aws-cdk-lib'
import type { Config } from '../core/model/config.ts'
import { NiceBlobsError } from '../core/model/errors.ts'
import { BlobStack } from './blob-stack.ts'
import { LOGS_REGION } from './delivery/edge-logs.ts'
import type { Deployment } from './deployment.ts'
import { EdgeLogsStack } from './edge-logs-stack.ts'
import { ReplicaStack } from './replica-stack.ts'

/** The stacks of an installation: the replica's first, since the bucket is told to replicate to it; the logs' last, since they are of edges. */
export function addStacks(app: App, config: Config, file: string): void {
  const deployment = requireDeployment(config, file)
  const { bucket, stack } = deployment
  const account = stack.account ?? process.env.CDK_DEFAULT_ACCOUNT
  const place = (region: string, owner = account) => ({
    region,
    ...(owner === undefined ? {} : { account: owner }),
  })
  const blobs = new BlobStack(app, stack.name, {
    deployment,
    env: place(bucket.region),
    terminationProtection: true,
  })
  if (blobs.logged.length > 0 && bucket.region !== LOGS_REGION) {
    const { logged: edges, recordsArn } = blobs
    const logs = new EdgeLogsStack(app, `${stack.name}-edge-logs`, {
      edges,
      recordsArn,
      env: place(LOGS_REGION),
    })
    logs.addStackDependency(blobs, 'it looks up what the first one made')
  }
  if (!stack.replica) return
  const replica = new ReplicaStack(app, `${stack.name}-replica`, {
    deployment,
    env: place(stack.replica.region, stack.replica.account),
    terminationProtection: true,
  })
  blobs.addStackDependency(replica, 'a bucket replicates only to a bucket that is there')
}

function requireDeployment(config: Config, file: string): Deployment {
  const { stack, index } = config
  if (stack && index) return { ...config, stack, index }
  throw new NiceBlobsError('CONFIG_INVALID', 'there is no section "stack"', {
    subject: file,
    hint: 'this is a host’s configuration: name the deployment’s with --context config=FILE, or begin with examples/deploy/nice-blobs.config.json',
  })
}
