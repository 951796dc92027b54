import { Effect, ManagedPolicy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { ALL_PARTITIONS } from '../../core/model/blob-row.ts'
import { ALL_BLOBS, ALL_PACKS, ALL_VERDICTS } from '../../core/model/key.ts'
import { ALL_REPORTS, SWEEP_PARTITION } from '../../core/model/report-row.ts'
import { SCHEDULE_PARTITION } from '../../core/model/schedule-lease.ts'
import type { Workplace } from '../functions/workplace.ts'
import { addRole, type Duty } from './add-role.ts'
import { explainPrefixes } from './explain-prefixes.ts'
import {
  createObjects,
  listObjects,
  listVersions,
  placeMarkers,
  putFailuresDown,
  readObjects,
  readRows,
  readVersions,
  type Stores,
  workOff,
  writeLog,
  writeRows,
} from './rights.ts'

const FUNCTIONS = ['lambda.amazonaws.com']
const BLOB_ROWS = `${ALL_PARTITIONS}*`
const REPORT_ROWS = `${ALL_REPORTS}*`
const VOLUME_ROWS = 'volume#*'

/** Roles for what is done centrally, for all databases: three for functions, one for a person. */
export class DutyAccess extends Construct {
  readonly scheduler: Duty
  readonly condemner: Duty
  readonly sweeper: Duty
  readonly undeleter: Role

  constructor(scope: Construct, stores: Stores, workplace: Workplace, undeleters: readonly string[]) {
    super(scope, 'Duties')
    const most = mostOfAll(stores, workplace)
    const boundary = new ManagedPolicy(this, 'Boundary', {
      description: 'nice-blobs: the most that any of its central roles can be given',
      statements: most,
    })
    explainPrefixes(boundary, most)
    const add = (duty: string, trusted: readonly string[], statements: PolicyStatement[]) =>
      addRole(this, duty, { statements, trusted, boundary, description: `nice-blobs: ${duty}` })

    this.scheduler = add('scheduler', FUNCTIONS, schedulerRights(stores, workplace))
    this.condemner = add('condemner', FUNCTIONS, condemnerRights(stores, workplace))
    this.sweeper = add('sweeper', FUNCTIONS, sweeperRights(stores, workplace))
    this.undeleter = add('undeleter', undeleters, undeleterRights(stores)).role
  }
}

function schedulerRights(stores: Stores, { outlets }: Workplace): PolicyStatement[] {
  const { log, failures } = outlets['schedule-archive']
  return [
    readRows(stores, VOLUME_ROWS, SCHEDULE_PARTITION),
    writeRows(stores, VOLUME_ROWS, SCHEDULE_PARTITION),
    writeLog(log.logGroupArn),
    putFailuresDown(failures.queueArn),
  ]
}

/** It changes rows and nothing else. What it fails on for good SQS puts down by itself. */
function condemnerRights(stores: Stores, { outlets, queue }: Workplace): PolicyStatement[] {
  return [
    readObjects(stores, ALL_PACKS, ALL_VERDICTS),
    listObjects(stores, ALL_PACKS, ALL_VERDICTS),
    readRows(stores, BLOB_ROWS, REPORT_ROWS),
    writeRows(stores, BLOB_ROWS, REPORT_ROWS),
    ...workOff(queue.queueArn),
    writeLog(outlets.condemn.log.logGroupArn),
  ]
}

/** Of what it has marked it has to see that it is still there, as an older version. */
function sweeperRights(stores: Stores, { outlets }: Workplace): PolicyStatement[] {
  const { log, failures } = outlets.sweep
  return [
    readObjects(stores, ALL_BLOBS, ALL_PACKS),
    readVersions(stores, ALL_BLOBS),
    listObjects(stores, ALL_BLOBS, ALL_PACKS),
    listVersions(stores, ALL_BLOBS),
    placeMarkers(stores, ALL_BLOBS),
    readRows(stores, BLOB_ROWS, REPORT_ROWS, SWEEP_PARTITION),
    writeRows(stores, BLOB_ROWS, SWEEP_PARTITION),
    writeLog(log.logGroupArn),
    putFailuresDown(failures.queueArn),
  ]
}

/** Whoever undeletes also looks at reports, which name what is alive, and decides about those that wait. */
function undeleterRights(stores: Stores): PolicyStatement[] {
  return [
    readObjects(stores, ALL_BLOBS, ALL_PACKS, ALL_VERDICTS),
    readVersions(stores, ALL_BLOBS),
    listObjects(stores, ALL_BLOBS, ALL_PACKS, ALL_VERDICTS),
    listVersions(stores, ALL_BLOBS),
    ...createObjects(stores, ALL_BLOBS, ALL_VERDICTS),
    readRows(stores, BLOB_ROWS, REPORT_ROWS),
    writeRows(stores, BLOB_ROWS),
  ]
}

/** Whatever else somebody attaches to these roles, they delete no version and change no setting. */
function mostOfAll({ bucketArn, tableArn }: Stores, { outlets, queue }: Workplace): PolicyStatement[] {
  const most = (sid: string, actions: string[], resources: string[]) =>
    new PolicyStatement({ sid, effect: Effect.ALLOW, actions, resources })
  const all = Object.values(outlets)
  const failures = [outlets['schedule-archive'], outlets.sweep].map(({ failures }) => failures.queueArn)
  return [
    most('Bucket', ['s3:ListBucket', 's3:ListBucketVersions'], [bucketArn]),
    most(
      'Objects',
      ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:AbortMultipartUpload'],
      [ALL_BLOBS, ALL_PACKS, ALL_VERDICTS].map(prefix => `${bucketArn}/${prefix}*`),
    ),
    most('Markers', ['s3:DeleteObject'], [`${bucketArn}/${ALL_BLOBS}*`]),
    most('Rows', ['dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:PutItem'], [tableArn]),
    most(
      'Logs',
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      all.map(({ log }) => log.logGroupArn),
    ),
    most('Failures', ['sqs:SendMessage'], failures),
    most(
      'Work',
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage'],
      [queue.queueArn],
    ),
  ]
}
