import { Effect, ManagedPolicy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { ALL_PARTITIONS } from '../../core/model/blob-row.ts'
import { ALL_BLOBS, ALL_PACKS } from '../../core/model/key.ts'
import { SCHEDULE_PARTITION } from '../../core/model/schedule-lease.ts'
import type { Outlets } from '../functions/outlets.ts'
import { addRole } from './add-role.ts'
import { explainPrefixes } from './explain-prefixes.ts'
import {
  createObjects,
  listObjects,
  placeMarkers,
  putFailuresDown,
  readObjects,
  readRows,
  readVersions,
  type Stores,
  writeLog,
  writeRows,
} from './rights.ts'

const FUNCTIONS = ['lambda.amazonaws.com']
const BLOB_ROWS = `${ALL_PARTITIONS}*`
const REPORT_ROWS = 'report#*'
const VOLUME_ROWS = 'volume#*'

/** A role and the policy that makes it one. */
export interface Duty {
  role: Role
  policy: ManagedPolicy
}

/** Roles for what is done centrally, for all databases: three for functions, one for a person. */
export class DutyAccess extends Construct {
  readonly scheduler: Duty
  readonly condemner: Role
  readonly sweeper: Role
  readonly undeleter: Role

  constructor(scope: Construct, stores: Stores, schedule: Outlets, undeleters: readonly string[]) {
    super(scope, 'Duties')
    const most = mostOfAll(stores, schedule)
    const boundary = new ManagedPolicy(this, 'Boundary', {
      description: 'nice-blobs: the most that any of its central roles can be given',
      statements: most,
    })
    explainPrefixes(boundary, most)
    const add = (duty: string, trusted: readonly string[], statements: PolicyStatement[]) =>
      addRole(this, duty, { statements, trusted, boundary, description: `nice-blobs: ${duty}` })

    this.scheduler = add('scheduler', FUNCTIONS, [
      readRows(stores, VOLUME_ROWS, SCHEDULE_PARTITION),
      writeRows(stores, VOLUME_ROWS, SCHEDULE_PARTITION),
      writeLog(schedule.log.logGroupArn),
      putFailuresDown(schedule.failures.queueArn),
    ])
    this.condemner = add('condemner', FUNCTIONS, [
      readObjects(stores, ALL_PACKS),
      listObjects(stores, ALL_PACKS),
      readRows(stores, BLOB_ROWS, REPORT_ROWS),
      writeRows(stores, BLOB_ROWS, REPORT_ROWS),
    ]).role
    this.sweeper = add('sweeper', FUNCTIONS, [
      readObjects(stores, ALL_BLOBS),
      listObjects(stores, ALL_BLOBS),
      placeMarkers(stores, ALL_BLOBS),
      readRows(stores, BLOB_ROWS, REPORT_ROWS),
      writeRows(stores, BLOB_ROWS),
    ]).role
    this.undeleter = add('undeleter', undeleters, [
      readObjects(stores, ALL_BLOBS),
      readVersions(stores, ALL_BLOBS),
      listObjects(stores, ALL_BLOBS, ['s3:ListBucket', 's3:ListBucketVersions']),
      ...createObjects(stores, ALL_BLOBS),
      readRows(stores, BLOB_ROWS, REPORT_ROWS),
      writeRows(stores, BLOB_ROWS),
    ]).role
  }
}

/** Whatever else somebody attaches to these roles, they delete no version and change no setting. */
function mostOfAll({ bucketArn, tableArn }: Stores, { log, failures }: Outlets): PolicyStatement[] {
  const most = (sid: string, actions: string[], resources: string[]) =>
    new PolicyStatement({ sid, effect: Effect.ALLOW, actions, resources })
  return [
    most('Bucket', ['s3:ListBucket', 's3:ListBucketVersions'], [bucketArn]),
    most(
      'Objects',
      ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:AbortMultipartUpload'],
      [`${bucketArn}/${ALL_BLOBS}*`, `${bucketArn}/${ALL_PACKS}*`],
    ),
    most('Markers', ['s3:DeleteObject'], [`${bucketArn}/${ALL_BLOBS}*`]),
    most('Rows', ['dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:PutItem'], [tableArn]),
    most('Log', ['logs:CreateLogStream', 'logs:PutLogEvents'], [log.logGroupArn]),
    most('Failures', ['sqs:SendMessage'], [failures.queueArn]),
  ]
}
