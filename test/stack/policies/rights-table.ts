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
  'scheduler',
  'condemner',
  'sweeper',
  'undeleter',
  'replication',
  'starter',
  'administrator',
  'deployment',
]

/** What a right is called, in which table it is, and the rows that are all of it. */
const RIGHTS: readonly [right: string, table: string, rows: RegExp][] = [
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
  ['read blobs of another database', 'bucket', RegExp(`^get blobs/${OTHER}$`)],
  ['create blobs of another database', 'bucket', RegExp(`^create blobs/${OTHER}$`)],
  ['place a delete marker on a blob', 'bucket', RegExp(`^place a marker (on what matches )?blobs/${OWN}$`)],
  ['place a delete marker on a live report', 'bucket', RegExp(`^place a marker packs/${OWN}$`)],
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
  ['read rows of reports', 'index', RegExp(`^(BatchGetItem|Query) the reports of ${OWN}$`)],
  ['write rows of reports', 'index', RegExp(`^PutItem the reports of ${OWN}$`)],
  ['delete rows, or the index', 'index', /^(DeleteItem|PartiQLDelete|DeleteTable)/],
  ['read the signing key', 'signing keys', RegExp(`^GetSecretValue the key of ${OWN}$`)],
  ['start the schedule’s function', 'schedule', /^InvokeFunction the function$/],
  ['write its log', 'schedule', /^(CreateLogStream|PutLogEvents) /],
  ['change it, its schedule or its log', 'schedule', /^(Update|Add|Put(?!Log)|Delete)/],
  ['put down what failed', 'failures', /^SendMessage$/],
  ['read what failed, or delete it', 'failures', /^(Receive|Delete|Purge)/],
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
