import type { Request, Section } from './request.ts'

const ROWS: Readonly<Record<string, string[] | undefined>> = {
  'a blob of main': ['blob#main#12'],
  'a blob of main-old': ['blob#main-old#12'],
  'blobs of both': ['blob#main#12', 'blob#main-old#12'],
  'the volumes of main': ['volume#main'],
  'the volumes of main-old': ['volume#main-old'],
  'the schedule': ['schedule'],
  'rows beside the schedule': ['schedule-of-another'],
  'the sweep': ['sweep'],
  'rows beside the sweep': ['sweep-of-another'],
  'the reports of main': ['report#main'],
  'the shards of a report of main': ['report#main#03d167f919308700-5f0c9a3be1d24876'],
  'the reports of main-old': ['report#main-old'],
  'rows of no kind': ['other#main'],
  // AWS tells the keys of each of these requests; a condition must not hold should it ever not.
  'rows not told': undefined,
}

const READING = ['BatchGetItem', 'Query']
const WRITING = ['PutItem']
/** Nobody needs these; most could get around the conditions of what is put. */
const OTHER_READING = ['GetItem', 'ConditionCheckItem', 'PartiQLSelect']
const OTHER_WRITING = ['UpdateItem', 'BatchWriteItem', 'PartiQLInsert', 'PartiQLUpdate']
const DELETING = ['DeleteItem']
const OTHER_DELETING = ['PartiQLDelete']
const OF_THE_TABLE = {
  read: ['Scan', 'ExportTableToPointInTime', 'DescribeTable'],
  delete: ['DeleteTable'],
  reconfigure: [
    'UpdateTable',
    'UpdateTimeToLive',
    'UpdateContinuousBackups',
    'PutResourcePolicy',
    'RestoreTableToPointInTime',
  ],
}

/** Everything that can be asked of the index; the conditions look at the partition keys. */
export function indexRequests(tableArn: string): Section[] {
  const onRows = (actions: string[], rows = Object.keys(ROWS)) =>
    actions.flatMap(action => rows.map(on => rowRequest(tableArn, action, on)))
  const onTable = (actions: string[]) => actions.map(action => tableRequest(tableArn, action))
  const [one = ''] = Object.keys(ROWS)
  return [
    {
      title: 'read',
      requests: [...onRows(READING), ...onRows(OTHER_READING, [one]), ...onTable(OF_THE_TABLE.read)],
    },
    { title: 'write', requests: [...onRows(WRITING), ...onRows(OTHER_WRITING, [one])] },
    {
      title: 'delete',
      requests: [...onRows(DELETING), ...onRows(OTHER_DELETING, [one]), ...onTable(OF_THE_TABLE.delete)],
    },
    { title: 'reconfigure', requests: onTable(OF_THE_TABLE.reconfigure) },
  ]
}

/** The three requests that roles may make at all. */
export function rowRequests(tableArn: string): Request[] {
  return [...READING, ...WRITING].flatMap(action =>
    Object.keys(ROWS).map(on => rowRequest(tableArn, action, on)),
  )
}

function rowRequest(resource: string, action: string, on: string): Request {
  const context = { 'dynamodb:LeadingKeys': ROWS[on] }
  return { name: action, on, action: `dynamodb:${action}`, resource, context }
}

function tableRequest(resource: string, action: string): Request {
  return { name: action, on: '', action: `dynamodb:${action}`, resource, context: {} }
}
