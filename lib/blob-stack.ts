import { Aws, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import type { LifecycleRule } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { ALL_PACKS, ALL_VERDICTS } from '../core/model/key.ts'
import { deliveredIn, noncurrentExpiry } from '../core/model/stack-config.ts'
import { DatabaseAccess } from './access/database-access.ts'
import { DutyAccess } from './access/duty-access.ts'
import { addSigningKey } from './access/signing-key.ts'
import { addBlobIndex } from './blob-index.ts'
import { addBlobBucket } from './bucket/blob-bucket.ts'
import { addRecordsBucket, plainArnOf } from './bucket/records-bucket.ts'
import { replicationProps } from './bucket/replication.ts'
import { erasureOf } from './bucket/shield.ts'
import { addEdges } from './delivery/delivery.ts'
import type { Edge } from './delivery/edge.ts'
import { addEdgeLogs, LOGS_REGION, letLogsIn } from './delivery/edge-logs.ts'
import { bucketArnOf, type Deployment, deploymentRoleArn } from './deployment.ts'
import { addFunctions } from './functions/functions.ts'
import { startFunctions } from './functions/start-functions.ts'
import { addWorkplace } from './functions/workplace.ts'
import { addAlarmTopic } from './monitoring/alarm-topic.ts'
import { addDashboard } from './monitoring/dashboard.ts'
import { watchDeletions } from './monitoring/deletions.ts'
import { watchGarbage } from './monitoring/garbage-alarms.ts'
import { watchIndex } from './monitoring/index-alarms.ts'
import { watchReplicationFailures } from './monitoring/replication-alarms.ts'
import { watchSchedule, watchVolumes } from './monitoring/schedule-alarms.ts'
import { addOutputs } from './outputs.ts'

const KEPT = Duration.days(400)

/** Two reports are needed to sweep; older ones, and what was decided about them, tell only history. */
const FORGET_REPORTS: LifecycleRule[] = [
  { id: 'ForgetPacks', prefix: ALL_PACKS, expiration: KEPT },
  { id: 'ForgetVerdicts', prefix: ALL_VERDICTS, expiration: KEPT },
]

/** The bucket, the index, who may do what with them, what runs on a schedule, and what is watched. */
export class BlobStack extends Stack {
  /** Whose requests are to be logged. */
  readonly logged: readonly Edge[]
  readonly recordsArn: string

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
    const workplace = addWorkplace(this, deployment)
    const duties = new DutyAccess(
      this,
      { ...stores, replicaArn: undefined },
      workplace,
      stack.trust.undeleter ?? [Aws.ACCOUNT_ID],
    )
    const records = addRecordsBucket(this)
    const bucket = addBlobBucket(this, 'Blobs', {
      name: names.name,
      records,
      noncurrentExpiry: noncurrentExpiry(stack).bucket,
      exempt: {
        ...erasureOf(deployment),
        deployment: deploymentRoleArn(this),
        sweeper: duties.sweeper.role.roleArn,
      },
      shieldRevision: stack.shieldRevision,
      lifecycleRules: FORGET_REPORTS,
      more: replicationProps(this, deployment),
    })

    const granted: Record<string, DatabaseAccess['granted']> = {}
    for (const database of Object.keys(databases)) {
      const key = deliveredIn(stack).includes(database)
        ? addSigningKey(this, stack.name, database)
        : undefined
      granted[database] = new DatabaseAccess(this, database, stores, stack.trust, key).granted
    }
    const edges = addEdges(this, deployment, bucket)
    this.recordsArn = plainArnOf(records)
    this.logged = stack.delivery?.logs ? edges : []
    if (this.logged.length > 0) letLogsIn(records)
    if (this.logged.length > 0 && names.region === LOGS_REGION)
      addEdgeLogs(this, this.logged, this.recordsArn)

    const functions = addFunctions(this, deployment, duties, workplace)
    startFunctions(this, deployment, functions, duties, workplace)

    const alarms = addAlarmTopic(this, stack.alarms.emails)
    watchDeletions(this, bucket, alarms)
    watchReplicationFailures(this, deployment, alarms)
    watchIndex(this, index, alarms)
    watchVolumes(this, deployment, alarms)
    watchSchedule(this, deployment, functions, workplace, alarms)
    watchGarbage(this, deployment, functions, workplace, alarms)
    addDashboard(this, deployment, index, edges, [...alarms.raised])
    addOutputs(this, deployment, {
      functions,
      records,
      undeleter: duties.undeleter,
      databases: granted,
      edges,
    })
  }
}
