import type { FunctionName } from '../../../lib/functions/add-function.ts'
import { everybody } from './callers.ts'
import type { Installation } from './installation.ts'
import type { Verdict } from './judge.ts'
import { type Cell, cellsOf, judgeCell, rowName } from './matrix.ts'
import { tablesOf } from './tables.ts'

const [OWN, OTHER] = ['main', 'main-old']

const COLUMNS = [
  `instance of ${OWN}`,
  `reader of ${OWN}`,
  `packer of ${OWN}`,
  `signer of ${OWN}`,
  `edge of ${OWN}`,
  'scheduler',
  'condemner',
  'sweeper',
  'undeleter',
  'replication',
  'starter of schedule-archive',
  'starter of sweep',
  'administrator',
  'deployment',
]

const FUNCTIONS: readonly FunctionName[] = ['schedule-archive', 'condemn', 'sweep']

/** What a right is called, in which table it is, and the rows that are all of it. */
type Right = readonly [right: string, table: string, rows: RegExp]

const RIGHTS: readonly Right[] = [
  ['read blobs', 'bucket', RegExp(`^get blobs/${OWN}$`)],
  ['read older versions of blobs', 'bucket', RegExp(`^get a version blobs/${OWN}$`)],
  ['read versions for replication', 'bucket', RegExp(`^read for replication blobs/${OWN}$`)],
  ['list blobs', 'bucket', RegExp(`^list (blobs/${OWN}/|the exact key)$`)],
  [
    'create blobs',
    'bucket',
    RegExp(`^(create|create as a copy|upload a part|give an upload up) blobs/${OWN}$`),
  ],
  ['read live reports', 'bucket', RegExp(`^get packs/${OWN}$`)],
  ['create live reports', 'bucket', RegExp(`^(create|upload a part|give an upload up) packs/${OWN}$`)],
  ['read verdicts on live reports', 'bucket', RegExp(`^get verdicts/${OWN}$`)],
  ['say a verdict', 'bucket', RegExp(`^(create|upload a part|give an upload up) verdicts/${OWN}$`)],
  ['read blobs of another database', 'bucket', RegExp(`^get blobs/${OTHER}$`)],
  ['create blobs of another database', 'bucket', RegExp(`^create blobs/${OTHER}$`)],
  ['place a delete marker on a blob', 'bucket', RegExp(`^place a marker (on what matches )?blobs/${OWN}$`)],
  [
    'place a delete marker on a report or a verdict',
    'bucket',
    RegExp(`^place a marker (packs|verdicts)/${OWN}$`),
  ],
  ['overwrite', 'bucket', /^overwrite /],
  ['put under a key of one’s own', 'bucket', /(customer|account)’s key|^change the key/],
  ['delete a version', 'bucket', /^(delete a version|get around a retention)/],
  ['delete the bucket', 'bucket', /^delete the bucket$/],
  [
    'reconfigure the bucket',
    'bucket',
    /^(Put|Delete)Bucket(Policy|Versioning|Acl|Own|Object|Public)|^Put(Life|Repl|Enc|Intel)/,
  ],
  ['read blobs of the replica', 'replica', RegExp(`^get blobs/${OWN}$`)],
  ['replicate to the replica', 'replica', RegExp(`^replicate (an object|a marker|tags) blobs/${OWN}$`)],
  ['delete or overwrite in the replica', 'replica', /^(place a marker|delete |overwrite)/],
  ['read rows of blobs', 'index', RegExp(`^(BatchGetItem|Query) a blob of ${OWN}$`)],
  ['write rows of blobs', 'index', RegExp(`^PutItem a blob of ${OWN}$`)],
  ['read and write rows of volumes', 'index', RegExp(`^(Query|PutItem) the volumes of ${OWN}$`)],
  ['read and write the row of the schedule', 'index', /^(BatchGetItem|Query|PutItem) the schedule$/],
  ['read and write the row of the sweep', 'index', /^(BatchGetItem|Query|PutItem) the sweep$/],
  [
    'read rows of reports',
    'index',
    RegExp(`^(BatchGetItem|Query) the (reports|shards of a report) of ${OWN}$`),
  ],
  ['write rows of reports', 'index', RegExp(`^PutItem the (reports|shards of a report) of ${OWN}$`)],
  ['delete rows, or the index', 'index', /^(DeleteItem|PartiQLDelete|DeleteTable)/],
  ['read the signing key', 'signing keys', RegExp(`^GetSecretValue the key of ${OWN}$`)],
  ...FUNCTIONS.flatMap((name): Right[] => [
    [`start ${name}`, 'functions', RegExp(`^InvokeFunction ${name}$`)],
    [`write the log of ${name}`, 'functions', RegExp(`^(CreateLogStream|PutLogEvents) a stream of ${name}$`)],
    [`put down what ${name} failed on`, `failures of ${name}`, /^SendMessage$/],
    [`read what ${name} failed on, or delete it`, `failures of ${name}`, /^(Receive|Delete|Purge)/],
  ]),
  ['change functions, schedules or logs', 'functions', /^(Update|Add|Put(?!Log)|Delete)/],
  ['give the condemner work', 'work', /^SendMessage$/],
  ['work that off', 'work', /^(ReceiveMessage|DeleteMessage|GetQueueAttributes)$/],
  ['throw that away', 'work', /^(PurgeQueue|DeleteQueue)$/],
]

const WORDS: Readonly<Record<Verdict, string>> = { A: 'yes', i: '–', D: 'never' }

/** Markdown, a row for each right. A right whose rows are not judged alike is no right that a table could tell. */
export async function rightsTable(installation: Installation): Promise<string> {
  const callers = everybody(installation)
  const columns = COLUMNS.map(name => callers.find(caller => caller.name === name)?.name ?? missing(name))
  const cells = cellsOf(tablesOf(installation)).filter(({ caller }) => columns.includes(caller.name))
  const heads = columns.map(name => name.replace(` of ${OWN}`, ''))
  const lines = [
    ['', ...heads],
    ['---', ...heads.map(() => '---')],
  ]
  for (const [right, table, rows] of RIGHTS) {
    const found = cells.filter(cell => cell.table.name === table && rows.test(rowName(cell.request)))
    const verdicts = columns.map(name =>
      judgeAlike(
        `${right}: ${name}`,
        found.filter(({ caller }) => caller.name === name),
        installation,
      ),
    )
    lines.push([right, ...(await Promise.all(verdicts)).map(verdict => WORDS[verdict])])
  }
  return lines.map(words => `| ${words.join(' | ')} |`).join('\n')
}

async function judgeAlike(what: string, cells: Cell[], { policies }: Installation): Promise<Verdict> {
  const verdicts = new Set<Verdict>()
  for (const cell of cells) verdicts.add(await judgeCell(cell, policies))
  const [verdict, ...others] = verdicts
  if (verdict === undefined || others.length > 0) throw new Error(`${what}: ${[...verdicts]}`)
  return verdict
}

function missing(name: string): never {
  throw new Error(`there is no ${name}`)
}
