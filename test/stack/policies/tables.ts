import { type Caller, everybody, rolesOf, service, unbounded } from './callers.ts'
import { HOME, type Installation, type StackQueue } from './installation.ts'
import type { Store } from './judge.ts'
import { bucketRequests } from './requests/bucket-requests.ts'
import { elsewhereRequests } from './requests/elsewhere-requests.ts'
import { functionRequests } from './requests/function-requests.ts'
import { indexRequests } from './requests/index-requests.ts'
import { keyRequests } from './requests/key-requests.ts'
import { queueRequests } from './requests/queue-requests.ts'
import { recordRequests } from './requests/record-requests.ts'
import type { Section } from './requests/request.ts'

/** Who may do what with one store: a column for each caller, a row for each request. */
export interface Table {
  name: string
  store: Store
  callers: readonly Caller[]
  sections: readonly Section[]
}

/** All tables of an installation: its stores, and what is none of them. */
export function tablesOf(installation: Installation): Table[] {
  const { buckets, tableArn, central, secrets } = installation
  const { bucket, replica } = buckets
  const callers = everybody(installation)
  const here = { account: HOME.account }
  return [
    { name: 'bucket', store: bucket, callers, sections: bucketRequests(bucket.arn) },
    { name: 'replica', store: replica, callers, sections: bucketRequests(replica.arn) },
    { name: 'index', store: here, callers, sections: indexRequests(tableArn) },
    { name: 'signing keys', store: here, callers, sections: keyRequests(secrets) },
    { name: 'functions', store: here, callers, sections: functionRequests(central.functions) },
    ...[central.work, ...Object.values(central.failures)].map(queue => queueTable(installation, queue)),
    recordsTable(installation, 'records', 'bucket'),
    recordsTable(installation, 'replica records', 'replica'),
    { name: 'elsewhere', store: here, callers, sections: elsewhereRequests(HOME, central) },
  ]
}

/**
 * The same tables as far as roles are given something: with neither a policy of the bucket nor a boundary over them. What a
 * role is given too much would stay hidden behind these.
 */
export function givenTables(installation: Installation): Table[] {
  const callers = unbounded(rolesOf(installation))
  return tablesOf(installation)
    .filter(({ name }) => !name.endsWith('records'))
    .map(table => ({ ...table, name: givenName(table), store: { account: HOME.account }, callers }))
}

export function givenName({ name }: Pick<Table, 'name'>): string {
  return `given on ${name}`
}

function queueTable(installation: Installation, queue: StackQueue): Table {
  const services = [service('events.amazonaws.com', 'evnt'), service('scheduler.amazonaws.com', 'scdl')]
  return {
    name: queue.policy,
    store: queue,
    callers: [...everybody(installation), ...services],
    sections: queueRequests(queue.arn, installation.central.work.ruleArn),
  }
}

function recordsTable(
  installation: Installation,
  name: 'records' | 'replica records',
  of: 'bucket' | 'replica',
): Table {
  const { buckets } = installation
  const services = [
    service('logging.s3.amazonaws.com', 'logs'),
    service('s3.amazonaws.com', 'inve'),
    service('delivery.logs.amazonaws.com', 'dlvr'),
  ]
  return {
    name,
    store: buckets[name],
    callers: [...everybody(installation), ...services],
    sections: recordRequests(buckets[name], buckets[of]),
  }
}
