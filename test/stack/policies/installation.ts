import type { FunctionName } from '../../../lib/functions/add-function.ts'
import { delivered } from '../delivered.ts'
import { cloudFrontId, type Place, resolve } from '../resolve.ts'
import { ofType, synthesize, type Template } from '../synthesize.ts'
import type { Policies, PolicyDocument } from './document.ts'
import { readRoles, type StackRole } from './stack-roles.ts'

/** The second one's name begins with the first one's, so that a prefix cut too short reaches it. */
export const DATABASES = ['main', 'main-old'] as const
export const HOME: Place = { account: '111111111111', region: 'eu-central-1' }
export const FOREIGN_ACCOUNT = '999999999999'
const SECOND_ACCOUNT = '222222222222'

const CONFIG = {
  bucket: { name: 'example-blobs', region: HOME.region },
  index: { table: 'example-blobs-index' },
  databases: Object.fromEntries(DATABASES.map(name => [name, {}])),
}

const DELIVERED = Object.fromEntries(DATABASES.map(name => [name, delivered()]))

const REPLICA = { bucket: 'example-blobs-replica', region: 'eu-west-1' }

export interface StackBucket {
  arn: string
  account: string
  /** The name of its policy. */
  policy: string
}

export interface StackQueue {
  arn: string
  account: string
  /** The name of its policy. */
  policy: string
}

/** ARNs of a function and of what is around it. */
export interface StackFunction {
  functionArn: string
  /** Of what a schedule starts. */
  scheduleArn?: string
  /** Of the group itself. */
  logArn: string
}

/** All functions, and the queues around them. */
export interface StackFunctions {
  functions: Readonly<Record<FunctionName, StackFunction>>
  failures: Readonly<Record<FunctionName, StackQueue>>
  /** What the condemner works off, and the rule that feeds it. */
  work: StackQueue & { ruleArn: string }
}

/** What is deployed, as far as policies are about it. */
export interface Installation {
  /** Where the replica is. */
  away: Place
  policies: Policies
  roles: readonly StackRole[]
  buckets: Record<'bucket' | 'replica' | 'records' | 'replica records', StackBucket>
  tableArn: string
  central: StackFunctions
  /** Of the signing keys, by database. */
  secrets: Record<string, string>
  /** ARNs of the distributions, by database. */
  edges: Record<string, string>
  /** ARN of the role that may erase. */
  eraser?: string
}

export function inOneAccount(): Installation {
  return install(REPLICA)
}

export function inTwoAccounts(): Installation {
  return install({ ...REPLICA, account: SECOND_ACCOUNT })
}

/** With the shield opened for one blob of the first database. */
export function duringErasure(key: string): Installation {
  const eraser = `arn:aws:iam::${HOME.account}:role/eraser`
  const erasure = { roles: [eraser], blobs: [key.replace('blobs/', '')] }
  return { ...install(REPLICA, { erasure }), eraser }
}

function install(replica: { bucket: string; region: string; account?: string }, more = {}): Installation {
  const templates = synthesize({
    ...CONFIG,
    stack: { account: HOME.account, replica, delivery: { databases: DELIVERED }, ...more },
  })
  const away = { region: replica.region, account: replica.account ?? HOME.account }
  const stack = resolve(require(templates['nice-blobs']), HOME)
  const replicaStack = resolve(require(templates['nice-blobs-replica']), away)

  const { roles, policies, read } = readRoles(stack, HOME.account)
  const buckets = {
    bucket: readBucket(stack, 'bucket', HOME, policies, read),
    records: readBucket(stack, 'records', HOME, policies, read),
    replica: readBucket(replicaStack, 'replica', away, policies, read),
    'replica records': readBucket(replicaStack, 'replica records', away, policies, read),
  }
  const central = readFunctions(stack, policies, read)
  refuseUnread([stack, replicaStack], read)
  const tableArn = `arn:aws:dynamodb:${HOME.region}:${HOME.account}:table/${CONFIG.index.table}`
  return {
    away,
    policies,
    roles,
    buckets,
    tableArn,
    central,
    secrets: readSecrets(stack),
    edges: readEdges(stack),
  }
}

function readBucket(
  template: Template,
  name: string,
  { account }: Place,
  policies: Map<string, PolicyDocument>,
  read: Set<PolicyDocument>,
): StackBucket {
  const isRecords = name.endsWith('records')
  const found = ofType(template, 'AWS::S3::Bucket').filter(([id]) => id.startsWith('Records') === isRecords)
  const [[id, bucket]] = found as [(typeof found)[number]]
  if (bucket.Properties.PublicAccessBlockConfiguration.RestrictPublicBuckets !== true)
    throw new Error(`${name} does not keep the public out; the matrix takes it that it does`)
  const bucketName = bucket.Properties.BucketName ?? id
  for (const [, { Properties }] of ofType(template, 'AWS::S3::BucketPolicy')) {
    if (Properties.Bucket !== bucketName) continue
    policies.set(name, Properties.PolicyDocument)
    read.add(Properties.PolicyDocument)
  }
  require(policies.get(name))
  return { arn: `arn:aws:s3:::${bucketName}`, account, policy: name }
}

function readFunctions(
  template: Template,
  policies: Map<string, PolicyDocument>,
  read: Set<PolicyDocument>,
): StackFunctions {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${HOME.region}:${HOME.account}:${rest}`
  const namedAs = (type: string, property: string, name: string) =>
    ofType(template, type).find(([, { Properties }]) => Properties[property].endsWith(name))?.[1].Properties
  const readQueue = (id: string, policy: string): StackQueue => {
    for (const [, { Properties }] of ofType(template, 'AWS::SQS::QueuePolicy')) {
      if (Properties.Queues.length !== 1 || Properties.Queues[0] !== id) continue
      policies.set(policy, Properties.PolicyDocument)
      read.add(Properties.PolicyDocument)
    }
    require(policies.get(policy))
    return { arn: arn('sqs', id), account: HOME.account, policy }
  }
  const readFunction = (name: FunctionName): StackFunction => {
    const made = require(namedAs('AWS::Lambda::Function', 'FunctionName', `-${name}`))
    const log = require(namedAs('AWS::Logs::LogGroup', 'LogGroupName', `-${name}`))
    const schedule = namedAs('AWS::Scheduler::Schedule', 'Name', `-${name}`)
    return {
      functionArn: arn('lambda', `function:${made.FunctionName}`),
      logArn: arn('logs', `log-group:${log.LogGroupName}`),
      ...(schedule && { scheduleArn: arn('scheduler', `schedule/default/${schedule.Name}`) }),
    }
  }
  const queueOf = (start: string) =>
    require(ofType(template, 'AWS::SQS::Queue').find(([id]) => id.startsWith(start)))[0]
  const failuresOf = (start: string, name: FunctionName) =>
    readQueue(queueOf(`${start}OutletsFailures`), `failures of ${name}`)
  const [rule] = require(ofType(template, 'AWS::Events::Rule').find(([id]) => id.startsWith('CondemnRule')))
  return {
    functions: {
      'schedule-archive': readFunction('schedule-archive'),
      condemn: readFunction('condemn'),
      sweep: readFunction('sweep'),
    },
    failures: {
      'schedule-archive': failuresOf('Schedule', 'schedule-archive'),
      condemn: failuresOf('Condemn', 'condemn'),
      sweep: failuresOf('Sweep', 'sweep'),
    },
    work: { ...readQueue(queueOf('CondemnQueue'), 'work'), ruleArn: arn('events', `rule/${rule}`) },
  }
}

/** A policy that this does not know would grant something unseen. */
function refuseUnread(templates: Template[], read: ReadonlySet<PolicyDocument>): void {
  for (const { Resources } of templates)
    for (const [id, { Type, Properties }] of Object.entries(Resources)) {
      const document = Properties?.PolicyDocument ?? Properties?.ResourcePolicy
      // Topics carry alarms and reach nothing of what is stored.
      if (document === undefined || Type === 'AWS::SNS::TopicPolicy' || read.has(document)) continue
      throw new Error(`the policy of ${id} (${Type}) is not in the matrix`)
    }
}

function readSecrets(template: Template): Record<string, string> {
  const named = ofType(template, 'AWS::SecretsManager::Secret').map(([, { Properties }]) => {
    const [, database = ''] = String(Properties.Name).split('/')
    return [
      database,
      `arn:aws:secretsmanager:${HOME.region}:${HOME.account}:secret:${Properties.Name}-AbCdEf`,
    ]
  })
  return Object.fromEntries(named)
}

function readEdges(template: Template): Record<string, string> {
  const edges = ofType(template, 'AWS::CloudFront::Distribution').map(([id, { Properties }]) => {
    const database = Properties.DistributionConfig.Comment.split(' ').at(-1)
    return [database, `arn:aws:cloudfront::${HOME.account}:distribution/${cloudFrontId(id)}`]
  })
  return Object.fromEntries(edges)
}

function require<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the template lacks what every template has')
  return value
}
