import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SimulatedClock } from './clock.ts'
import { startIndexTable } from './index-table.ts'
import { type S3StandIn, SANDBOX_CREDENTIALS, SANDBOX_REGION, startS3 } from './s3/server.ts'
import type { Credentials } from './s3/signature.ts'
import { Secrets } from './secrets/secrets.ts'
import { startSecrets } from './secrets/server.ts'
import { Queues } from './sqs/queues.ts'
import { startSqs } from './sqs/server.ts'

export interface SandboxOptions {
  /** Holds the bucket and the index, and may hold those of an earlier run. */
  directory: string
  bucket: string
  table: string
  /** Of the bucket; the index takes any. */
  port?: number
  /** By which the bucket stamps and judges; the real one by default. The index has no use for any. */
  clock?: Pick<SimulatedClock, 'now'>
}

export interface Sandbox {
  readonly bucketEndpoint: string
  readonly indexEndpoint: string
  readonly queueEndpoint: string
  readonly secretsEndpoint: string
  readonly region: string
  readonly credentials: Credentials
  readonly s3: S3StandIn
  readonly queues: Queues
  readonly secrets: Secrets
  close(): Promise<void>
}

/** What the fleet finds at AWS, on this machine: the blob bucket, the blob index, queues for its functions and secrets. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, bucket, table, port = 0, clock = Date } = options
  await mkdir(directory, { recursive: true })
  // The index first: its database refuses a directory that another sandbox is using.
  const index = await startIndexTable({ directory: join(directory, 'index'), tableName: table })
  const s3 = await startS3({
    ...{ directory: join(directory, 's3'), port, buckets: [bucket] },
    now: () => clock.now(),
  })
  const queues = new Queues(() => clock.now())
  const place = { region: SANDBOX_REGION, credentials: { ...SANDBOX_CREDENTIALS } }
  const sqs = await startSqs({ ...place, queues, now: () => clock.now() })
  const secrets = new Secrets(() => clock.now(), join(directory, 'secrets'))
  const keeper = await startSecrets({ ...place, secrets, now: () => clock.now() })
  return {
    ...{ ...place, s3, queues, secrets },
    bucketEndpoint: s3.endpoint,
    indexEndpoint: index.endpoint,
    queueEndpoint: sqs.endpoint,
    secretsEndpoint: keeper.endpoint,
    close: async () => {
      await Promise.all([s3.close(), index.close(), sqs.close(), keeper.close()])
    },
  }
}
