import { Aws, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import type { LifecycleRule } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { ALL_PACKS } from '../core/model/key.ts'
import { noncurrentExpiry } from '../core/model/stack-config.ts'
import { DatabaseAccess } from './access/database-access.ts'
import { DutyAccess } from './access/duty-access.ts'
import { addSigningKey } from './access/signing-key.ts'
import { addBlobIndex } from './blob-index.ts'
import { addBlobBucket } from './bucket/blob-bucket.ts'
import { replicationProps } from './bucket/replication.ts'
import { erasureOf } from './bucket/shield.ts'
import { bucketArnOf, type Deployment, deploymentRoleArn } from './deployment.ts'
import { Outlets } from './functions/outlets.ts'
import { addSchedule } from './functions/schedule.ts'
import { addScheduleArchive, scheduleFunctionName } from './functions/schedule-archive.ts'
import { addAlarmTopic } from './monitoring/alarm-topic.ts'
import { addDashboard } from './monitoring/dashboard.ts'
import { watchDeletions } from './monitoring/deletions.ts'
import { watchIndex } from './monitoring/index-alarms.ts'
import { watchReplicationFailures } from './monitoring/replication-alarms.ts'
import { watchSchedule, watchVolumes } from './monitoring/schedule-alarms.ts'
import { addOutputs } from './outputs.ts'

/** Two reports are needed to sweep; older ones tell only history. */
const FORGET_PACKS: LifecycleRule = { id: 'ForgetPacks', prefix: ALL_PACKS, expiration: Duration.days(400) }

/** The bucket, the index, who may do what with them, what runs on a schedule, and what is watched. */
export class BlobStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, ...props }: StackProps & { deployment: Deployment },
  ) {
    super(scope, id, props)
    const { bucket: names, stack, databases } = deployment
    const index = addBlobIndex(this, deployment)
    const replicaArn = stack.replica && bucketArnOf(stack.replica.bucket)
    const stores = { bucketArn: bucketArnOf(names.name), replicaArn, tableArn: index.tableArn }
    const outlets = new Outlets(this, 'ScheduleOutlets', scheduleFunctionName(deployment))
    const duties = new DutyAccess(
      this,
      { ...stores, replicaArn: undefined },
      outlets,
      stack.trust.undeleter ?? [Aws.ACCOUNT_ID],
    )
    const bucket = addBlobBucket(this, 'Blobs', {
      name: names.name,
      noncurrentExpiry: noncurrentExpiry(stack).bucket,
      exempt: {
        ...erasureOf(deployment),
        deployment: deploymentRoleArn(this),
        sweeper: duties.sweeper.roleArn,
      },
      shieldRevision: stack.shieldRevision,
      lifecycleRules: [FORGET_PACKS],
      more: replicationProps(this, deployment),
    })

    const granted: Record<string, DatabaseAccess['granted']> = {}
    for (const database of Object.keys(databases)) {
      const key = stack.delivery && addSigningKey(this, stack.name, database)
      granted[database] = new DatabaseAccess(this, database, stores, stack.trust, key).granted
    }

    const schedule = addScheduleArchive(this, deployment, duties.scheduler, outlets)
    addSchedule(this, deployment, schedule, outlets.failures)

    const alarms = addAlarmTopic(this, stack.alarms.emails)
    watchDeletions(this, bucket, alarms)
    watchReplicationFailures(this, deployment, alarms)
    watchIndex(this, index, alarms)
    watchVolumes(this, deployment, alarms)
    watchSchedule(this, deployment, schedule, outlets.failures, alarms)
    addDashboard(this, deployment, index, [...alarms.raised])
    addOutputs(this, deployment, { schedule, undeleter: duties.undeleter, databases: granted })
  }
}
