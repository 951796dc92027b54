import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createDynamoClient } from '../../core/aws/dynamo-index.ts'
import { createDynamoReports } from '../../core/aws/dynamo-reports.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { EXIT } from '../../core/model/errors.ts'
import { horizonOf } from '../../core/model/key.ts'
import { formatMoment } from '../../core/model/moment.ts'
import { NO_COUNTS, type ReportRow } from '../../core/model/report-row.ts'
import { tidToTime } from '../../core/model/tid.ts'
import { readVerdict } from '../../core/read-verdict.ts'
import { reportOf, shardRowOf, THEN } from '../contract/report-rows.ts'
import { typedCommands } from '../structure/typed-commands.ts'
import { install } from './command.ts'
import './garbage-setting.ts'

const DONE = '03d167f919308700-0000000000000001'
const WAITING = '03d167f919308800-0000000000000002'
const counts = { ...NO_COUNTS, alive: 1_000, condemned: 1_234, condemnedBytes: 5_600_000, sweptAlive: 3 }

/** A report that was followed and, sent after it, one that waits. */
async function withReports(test: TestContext) {
  const installation = await install(test)
  const { sandbox } = installation
  const config = {
    ...{ name: 'some-bucket', region: sandbox.region, endpoint: sandbox.bucketEndpoint },
    ...{ pathStyle: true, checksums: 'server' as const },
  }
  const dynamo = createDynamoClient({ table: 'some-table', endpoint: sandbox.indexEndpoint }, config)
  test.after(() => dynamo.destroy())
  const reports = createDynamoReports('some-table', dynamo)
  const put = (report: string, more: Partial<ReportRow>) =>
    reports.write(undefined, { ...reportOf({ database: 'main', report }), ...more })
  await put(DONE, { state: 'done', reasons: [], counts: NO_COUNTS })
  const { approved: _, decidedAt: __, ...undecided } = reportOf({ database: 'main', report: WAITING })
  await reports.write(undefined, { ...undecided, state: 'waiting', storedAt: THEN + 86_400_000, counts })
  for (const shard of [0, 1, 63])
    await reports.writeShard(shardRowOf({ database: 'main', report: WAITING }, shard))
  const bucket = createS3Bucket(config)
  return { ...installation, reports, verdictOn: (report: string) => readVerdict(bucket, 'main', report) }
}

describe('gc', () => {
  it('list tells the last report first, why it waits, and that nothing is swept meanwhile', async test => {
    const { run } = await withReports(test)
    const { status, out, err } = await run('gc', 'list')
    assert.equal(status, EXIT.left, err)
    const lines = out.trimEnd().split('\n')
    assert.equal(lines[0], 'main: 2 live reports, 1 waiting for a person: nothing is swept meanwhile')
    const horizon = formatMoment(tidToTime(horizonOf(WAITING) ?? ''))
    assert.match(
      lines[2] ?? '',
      new RegExp(`^ {2}${WAITING} +waiting, open +${horizon} .+ 12,345 +1,234 \\(5.6 MB\\)$`),
    )
    assert.match(lines[3] ?? '', /^ {4}too much: condemns 7 of 8/)
    assert.match(lines[4] ?? '', new RegExp(`^ {2}${DONE} +done `))
    const { events } = await run('gc', 'list', '--json', '--database', 'main')
    assert.deepEqual(
      events.map(({ report, open, state }) => [report, open, state]),
      [
        [WAITING, true, 'waiting'],
        [DONE, false, 'done'],
      ],
    )
  })

  it('works as docs/operations.md has it typed', async test => {
    const { run } = await withReports(test)
    const statuses: Record<string, number> = { list: EXIT.left, show: 0, approve: 0, reject: EXIT.left }
    for (const { words } of typedCommands('docs/operations.md')) {
      const [, typed, verb = ''] = /^npx nice-blobs (gc (\w+).*)$/.exec(words) ?? []
      if (!typed) continue
      const { status, err } = await run(...typed.replace('ID', WAITING).split(' '))
      // What is approved cannot be rejected any more.
      assert.equal(status, statuses[verb], `${typed}: ${err}`)
      delete statuses[verb]
    }
    assert.deepEqual(statuses, {})
  })

  it('list of nothing says so', async test => {
    const { run } = await install(test)
    const { status, out } = await run('gc', 'list')
    assert.deepEqual([status, out], [0, 'main: no live report yet\n'])
  })

  it('show tells all there is, and what to do', async test => {
    const { run } = await withReports(test)
    const { status, out, err } = await run('gc', 'show', WAITING)
    assert.equal(status, 0, err)
    assert.ok(out.startsWith(`${WAITING} of main: waiting\n    too much: `), out)
    const told = [
      / {2}names {11}12,345 revisions\n/,
      / {2}counted {9}3 of 64 shards\n/,
      / {2}condemns {8}1,234 \(5.6 MB\)\n/,
      / {2}swept, named {4}3\n/,
      new RegExp(
        `  read why it waits, then: nice-blobs gc approve ${WAITING}, or nice-blobs gc reject ${WAITING}\n`,
      ),
      / {2}nothing of the database is swept until /,
      new RegExp(`comes back by: nice-blobs undelete --live ${WAITING}\n`),
    ]
    for (const expected of told) assert.match(out, expected)
    const [fields] = (await run('gc', 'show', WAITING, '--json')).events
    assert.deepEqual([fields?.shards, fields?.counts], [{ counted: 3, condemned: 0 }, counts])
  })

  it('approve and reject leave one verdict, which the condemner follows (I8)', async test => {
    const { run, verdictOn } = await withReports(test)
    assert.equal(await verdictOn(WAITING), undefined)
    const first = await run('gc', 'approve', WAITING)
    assert.equal(first.status, 0, first.err)
    assert.match(first.out, /^approve of .+ is given; the condemner follows it: nice-blobs gc show /)
    const [again] = (await run('gc', 'approve', WAITING, '--json')).events
    assert.deepEqual(again, {
      database: 'main',
      report: WAITING,
      verdict: 'approve',
      outcome: 'given before',
    })
    const contrary = await run('gc', 'reject', WAITING)
    assert.equal(contrary.status, EXIT.left)
    assert.match(contrary.err, /REPORT_SETTLED/)
    assert.equal(await verdictOn(WAITING), 'approve')
    assert.match(
      (await run('gc', 'show', WAITING)).out,
      /verdict {9}approve, not followed yet\n(?:.*\n)*.*the condemner follows/,
    )
  })

  it('refuses a verdict on what is settled, and what it does not know', async test => {
    const { run, verdictOn } = await withReports(test)
    for (const verdict of ['approve', 'reject']) {
      const { status, err } = await run('gc', verdict, DONE)
      assert.equal(status, EXIT.left)
      assert.match(err, /^error REPORT_SETTLED: .+: it is done\n {2}hint: /)
    }
    assert.equal(await verdictOn(DONE), undefined)
    const wrong = [
      ['show', 'no-id'],
      ['approve', DONE.replace('1', 'f')],
      ['reject', '../../x'],
      ['approve'],
      ['forget', DONE],
      ['list', '--database', 'other'],
      ['show', DONE, '--database', 'other'],
    ]
    for (const words of wrong) {
      const { status, err } = await run('gc', ...words)
      assert.equal(status, EXIT.input, `${words}: ${err}`)
      assert.match(err, /error/)
    }
  })

  it('tells of an outage as of one (I11)', async test => {
    const { run, sandbox } = await withReports(test)
    await sandbox.s3.close()
    const { status, err } = await run('gc', 'approve', WAITING)
    assert.equal(status, EXIT.unavailable, err)
  })
})
