import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DATABASES, duringErasure, inOneAccount, inTwoAccounts } from './installation.ts'
import type { Verdict } from './judge.ts'
import { byName, type Cell, cellName, judgeAll, type Matrix, rowName } from './matrix.ts'
import { cellsIn, named, only, rowsOf } from './pick.ts'
import { KEYS } from './requests/object-requests.ts'
import { givenText, tableText } from './table-text.ts'
import { givenName, givenTables, tablesOf } from './tables.ts'

/**
 * What AWS would answer to everyone, cell by cell. `expected/` is what people have agreed to; after a change of the policies
 * `--test-update-snapshots` writes it anew, and its difference is what there is to agree to.
 */
describe('the rights', () => {
  const one = inOneAccount()
  const two = inTwoAccounts()
  const three = duringErasure(KEYS['blobs/main'])
  const tables = tablesOf(one)
  const given = givenTables(one)
  const farTables = only(tablesOf(two), ['bucket', 'replica', 'index', 'signing keys'])
  let matrix: Matrix
  let far: Matrix
  let erasing: Matrix
  let verdicts: Map<string, Verdict>

  before(async () => {
    matrix = await judgeAll([...tables, ...given], one.policies)
    far = await judgeAll(farTables, two.policies)
    erasing = await judgeAll(
      only(tablesOf(three), ['bucket', 'replica'], ['write', 'delete']),
      three.policies,
    )
    verdicts = byName(matrix)
  })

  const names = ['bucket', 'replica', 'index', 'signing keys', 'functions', 'work', 'records']
  for (const name of [...names, ...Object.values(one.central.failures).map(({ policy }) => policy)])
    it(`on the ${name} are as expected`, t => {
      isExpected(t, name, tableText(named(tables, name), matrix))
    })

  it('on a replica in a second account are as expected', t => {
    isExpected(t, 'replica in a second account', tableText(named(farTables, 'replica'), far))
  })

  it('are judged in this many cells', t => {
    const cells = matrix.size + far.size + erasing.size
    t.diagnostic(`${cells} cells`)
    assert.equal(cells, 60_718)
  })

  it('let nobody overwrite, delete a version or the bucket, or change a key, administrators included (I3, I6)', () => {
    const forbidden = /^(overwrite|delete |get around|change the key|create, (customer|account)’s key)/
    const found = rowsOf([...matrix, ...far], ['bucket', 'replica'], forbidden)
    assert.deepEqual(new Set(found.map(([, verdict]) => verdict)), new Set(['D']))
    assert.ok(found.length > 1000)
  })

  it('let only the sweeper place a marker, and in the replica nobody (I6)', () => {
    const placed = rowsOf([...matrix, ...far], ['bucket', 'replica'], /^place a marker/)
    const allowed = placed.filter(([, verdict]) => verdict === 'A').map(([cell]) => cell)
    assert.deepEqual(
      new Set(allowed.map(({ table, caller }) => `${table.name}: ${caller.name}`)),
      new Set(['bucket: sweeper', 'bucket: sweeper and administrator']),
    )
  })

  it('let only the deployment of its region reconfigure a bucket (I6)', () => {
    const settings = [...matrix, ...far].filter(([{ table, request }]) =>
      table.sections.some(({ title, requests }) => title === 'reconfigure' && requests.includes(request)),
    )
    const allowed = rowsOf(settings, ['bucket', 'replica']).filter(([, verdict]) => verdict === 'A')
    assert.deepEqual(
      new Set(allowed.map(([{ table, caller }]) => `${table.name}: ${caller.name}`)),
      new Set(['bucket: deployment', 'replica: deployment, of the replica']),
    )
  })

  it('let no role of a database reach anything of another (I9)', () => {
    for (const [database, other] of [DATABASES, DATABASES.toReversed()]) {
      const crossing = [...matrix, ...far].filter(
        ([{ caller, request }]) =>
          (caller.group === database || caller.name === `edge of ${database}`) &&
          RegExp(`[/ ]${other}(/|$)`).test(request.on),
      )
      assert.ok(crossing.length > 500)
      const reached = crossing.filter(([, verdict]) => verdict === 'A')
      assert.deepEqual(
        reached.map(([cell]) => cellName(cell)),
        [],
      )
    }
  })

  it('let CloudFront read one database’s blobs for that database’s distribution, one by one and over TLS, and nothing else (I9)', () => {
    const edges = [...matrix, ...far].filter(([{ caller }]) => caller.group === 'CloudFront')
    const allowed = edges.filter(([, verdict]) => verdict === 'A').map(([cell]) => cellName(cell))
    assert.deepEqual(
      new Set(allowed),
      new Set(['bucket · get blobs/main · edge of main', 'bucket · get blobs/main-old · edge of main-old']),
    )
    assert.ok(edges.length > 3000)
  })

  for (const [row, role] of [
    ['the schedule', 'scheduler'],
    ['the sweep', 'sweeper'],
  ])
    it(`let only the ${role} and administrators write which run of ${row} is at work, and no host see it`, () => {
      const lease = rowsOf([...matrix, ...far], ['index']).filter(([{ request }]) => request.on === row)
      assert.deepEqual(new Set(namesOf(allowedOf(lease))), new Set([role]))
    })

  it('let only the condemner write what is known of reports, and only the undeleter say what a person decided (I4)', () => {
    const allowed = (table: string, name: RegExp, on: RegExp) =>
      allowedOf(rowsOf([...matrix, ...far], [table], name).filter(([{ request }]) => on.test(request.on)))
    const rows = allowed('index', /^PutItem$/, /reports? of/)
    assert.deepEqual(new Set(namesOf(rows)), new Set(['condemner']))
    const verdicts = allowed('bucket', /^(create|upload a part)/, /^verdicts/)
    assert.deepEqual(new Set(namesOf(verdicts)), new Set(['undeleter']))
  })

  it('let only what EventBridge acts as start functions on a schedule, and nobody of ours change them', () => {
    const told = allowedOf(cellsIn(matrix, 'functions')).map(
      ({ caller, request }) => `${caller.name}: ${rowName(request)}`,
    )
    const logs = ['CreateLogStream', 'PutLogEvents'].flatMap(action => [
      `scheduler: ${action} a stream of schedule-archive`,
      `condemner: ${action} a stream of condemn`,
      `sweeper: ${action} a stream of sweep`,
    ])
    const starts = ['schedule-archive', 'sweep'].map(name => `starter of ${name}: InvokeFunction ${name}`)
    assert.deepEqual(told.sort(), [...logs, ...starts].sort())
  })

  it('let only the rule for manifests and verdicts, and the condemner itself, give the condemner work', () => {
    const told = allowedOf(rowsOf(matrix, ['work'], /^(Send|Receive|Delete|Change)/)).map(
      ({ caller, request }) => `${caller.name}: ${rowName(request)}`,
    )
    const own = ['SendMessage', 'SendMessage, for another account', 'SendMessage, for another rule']
    assert.deepEqual(told.sort(), [
      ...['DeleteMessage', 'ReceiveMessage', ...own].map(row => `condemner: ${row}`),
      'events.amazonaws.com: SendMessage',
    ])
  })

  it('are the same for every database but for the name (I9)', () => {
    const [first, ...others] = DATABASES
    for (const other of others)
      for (const [name, document] of one.policies)
        if (name.endsWith(` of ${first}`)) {
          const twin = JSON.stringify(one.policies.get(name.replace(first, other)))
          const renamed = JSON.stringify(document).replace(RegExp(`(?<=[/#])${first}(?=[/#"])`, 'g'), other)
          assert.equal(twin, renamed)
        }
  })

  it('on the replica’s records are those on the bucket’s, but that no edge’s log goes there', () => {
    const ofReplica = cellsIn(matrix, 'replica records').map(([cell, verdict]) => [
      cellName(cell).replace('replica records', 'records'),
      verdict,
    ])
    const log = 'records · deliver a log the edges’ log · delivery.logs.amazonaws.com'
    const ofBucket = byName(new Map(cellsIn(matrix, 'records')))
    assert.equal(ofBucket.get(log), 'A')
    assert.deepEqual(new Map(ofReplica as [string, Verdict][]), ofBucket.set(log, 'i'))
  })

  it('on what is not ours are none but those of its own administrators', () => {
    for (const [{ caller, request }, verdict] of cellsIn(matrix, 'elsewhere')) {
      const isAdministrator = caller.group === 'administrators' && caller.boundary === undefined
      assert.equal(verdict, isAdministrator ? 'A' : 'i', `${caller.name}: ${rowName(request)}`)
    }
  })

  it('that roles are given are those they have, but for what the shield denies', t => {
    const denied: Cell[] = []
    for (const table of tables)
      for (const [cell, verdict] of cellsIn(matrix, givenName(table))) {
        const effective = verdicts.get(cellName({ ...cell, table }))
        if (effective !== 'D') assert.equal(verdict, effective, cellName(cell))
        else if (verdict === 'A') denied.push(cell)
      }
    isExpected(t, 'given but denied', givenText(denied))
  })

  it('during an erasure are the same, but that one role deletes versions of one blob (I6)', () => {
    for (const [cell, verdict] of erasing) {
      const { table, caller, request } = cell
      const isErasing = /^(delete a version|get around a retention|change the key)$/.test(request.name)
      const isOpen = caller.name === 'eraser' && isErasing && request.on === 'blobs/main'
      const likeWhom = caller.name === 'eraser' ? 'administrator' : caller.name
      const name = cellName({ table, request, caller: { ...caller, name: likeWhom } })
      assert.equal(verdict, isOpen ? 'A' : verdicts.get(name), cellName(cell))
    }
  })

  it('in the first account are the same wherever the replica is, and there none are the second account’s', () => {
    for (const [cell, verdict] of far) {
      const { table, caller } = cell
      if (table.name.startsWith('replica')) continue
      const likeWhom = caller.group === 'second account' ? 'foreign administrator' : caller.name
      const name = cellName({ ...cell, caller: { ...caller, name: likeWhom } })
      assert.equal(verdict, verdicts.get(name), name)
    }
  })
})

function allowedOf(cells: readonly [Cell, Verdict][]): Cell[] {
  return cells
    .filter(([{ caller }, verdict]) => verdict === 'A' && caller.group !== 'administrators')
    .map(([cell]) => cell)
}

function namesOf(cells: readonly Cell[]): string[] {
  return cells.map(({ caller }) => caller.name)
}

function isExpected(t: TestContext, name: string, text: string): void {
  const file = fileURLToPath(new URL(`expected/${name.replaceAll(' ', '-')}.txt`, import.meta.url))
  t.assert.fileSnapshot(text, file, { serializers: [value => value] })
}
