import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatMoment } from '../../core/model/moment.ts'
import { DAY } from '../../core/model/quantity.ts'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import { factsOf, readAll } from '../contract/bucket-contract.ts'
import { reportOf } from '../contract/report-rows.ts'
import { trueBlobs } from '../flows/setting.ts'
import { makeReport, plantReport } from '../memory/plant-report.ts'
import { typedCommands } from '../structure/typed-commands.ts'
import { install, type Ran } from './command.ts'
import { archived, knowStack, REPORT } from './garbage-setting.ts'

const BLOBS = trueBlobs('bushy')
const [condemned, swept, sweeping, justSwept, kept] = BLOBS
assert.ok(condemned && swept && sweeping && justSwept && kept)
const nameOf = ({ oid, tid }: Ref) => formatRef({ oid, tid })
const SWEPT_AT = Date.now() - 3 * DAY
/** Grace, window and a week. */
const KEPT_FOR = 111 * DAY

/** Blobs in every state of garbage. */
async function withGarbage(test: TestContext) {
  const site = await archived(test)
  assert.ok(condemned && swept && sweeping && justSwept)
  await site.condemn(condemned)
  await site.sweep(swept, SWEPT_AT)
  await site.condemn(sweeping, Date.now() - DAY, 'sweeping')
  await site.sweep(justSwept, Date.now())
  await site.reports.write(undefined, reportOf({ database: 'main', report: REPORT }))
  const bytesOf = async (ref: Ref) => {
    const found = await site.bucket.get(blobKey('main', ref))
    return found && readAll(found.body)
  }
  return { ...site, bytesOf }
}

const outcomesOf = ({ events }: Ran) => {
  const { outcomes, failures } = events.at(-1) as { outcomes: object; failures: object }
  const counts = Object.entries(outcomes as Record<string, { blobs: number }>)
  return { ...Object.fromEntries(counts.map(([name, { blobs }]) => [name, blobs])), ...failures }
}

describe('undelete', () => {
  it('brings single blobs back, byte for byte, and tells until when it could (I5)', async test => {
    const site = await withGarbage(test)
    const { run, rowOf, bytesOf } = site
    knowStack(site, { grace: '14d', undeleteWindow: '90d' })
    const { status, out, err } = await run('undelete', nameOf(condemned), nameOf(swept), nameOf(kept))
    assert.equal(status, 0, err)
    assert.match(out, /^1 \S.*, 1 /m)
    assert.match(out, /\b1 revived \(/)
    assert.match(
      out,
      new RegExp(`^revived: ${nameOf(condemned)}, condemned .+ UTC by ${REPORT}; it could be`, 'm'),
    )
    const until = formatMoment(SWEPT_AT + KEPT_FOR)
    assert.ok(
      out.includes(
        `restored: ${nameOf(swept)}, swept ${formatMoment(SWEPT_AT)}; it could be undone until ${until}\n`,
      ),
      out,
    )
    assert.match(out, new RegExp(`^archived before: ${nameOf(kept)}, it is archived$`, 'm'))
    for (const blob of [condemned, swept]) {
      const bytes = await bytesOf(blob)
      assert.ok(bytes)
      assert.deepEqual(factsOf(bytes).sha256, blob.sha256)
      const { state, condemnedBy, sweptAt } = await rowOf(blob)
      assert.deepEqual([state, condemnedBy, sweptAt], ['archived', undefined, undefined])
    }
    assert.equal((await run('check', '--deep')).status, EXIT.left, 'but for what is being swept')
    const again = await run('undelete', nameOf(condemned), nameOf(swept), '--json')
    assert.deepEqual([again.status, outcomesOf(again)], [0, { 'archived before': 2 }])
  })

  it('works as docs/operations.md has it typed', async test => {
    const typed = typedCommands('docs/operations.md').flatMap(
      ({ words }) => /^npx nice-blobs (undelete .+)/.exec(words)?.[1] ?? [],
    )
    assert.ok(typed.length >= 5)
    const { run, bucket } = await withGarbage(test)
    const { report } = await plantReport(bucket, makeReport([swept, kept]))
    for (const words of typed) {
      const live = words.includes('--live') ? report : REPORT
      const filled: string = words
        .replace(/[0-9a-f]{16}\/[0-9a-f]{16}/, nameOf(condemned))
        .replace('ID', live)
      const { status, err } = await run(...filled.split(' '))
      // Two are being swept, and may not be undone before that is over.
      assert.equal(status, err.includes('BLOB_BUSY') ? EXIT.left : 0, `${filled}: ${err}`)
    }
  })

  it('--report takes what it condemned, and tells what has to wait', async test => {
    const { run, rowOf } = await withGarbage(test)
    const ran = await run('undelete', '--report', REPORT, '--json')
    assert.equal(ran.status, EXIT.left)
    assert.deepEqual(outcomesOf(ran), { revived: 1, restored: 1, BLOB_BUSY: 2 })
    const plans = ran.events.filter(({ event }) => event === 'plan')
    assert.deepEqual(plans.map(({ step, until }) => [step, until]).sort(), [
      ['restore', undefined],
      ['revive', undefined],
    ])
    const busy = ran.events.filter(({ event }) => event === 'failed').map(({ subject }) => subject)
    assert.deepEqual(busy.sort(), [nameOf(sweeping), nameOf(justSwept)].sort())
    assert.equal((await rowOf(swept)).state, 'archived')
    const other = await run('undelete', '--report', REPORT.replace('0123', 'ffff'))
    assert.equal(other.status, EXIT.input)
    assert.match(other.err, /REPORT_UNKNOWN/)
  })

  it('--since takes what was condemned or swept since then', async test => {
    const { run } = await withGarbage(test)
    const ran = await run('undelete', '--since', '2d', '--json')
    assert.deepEqual(outcomesOf(ran), { revived: 1, BLOB_BUSY: 2 })
    const day = new Date(SWEPT_AT - DAY).toISOString().slice(0, 10)
    assert.deepEqual(outcomesOf(await run('undelete', '--since', day, '--json')), {
      restored: 1,
      BLOB_BUSY: 2,
    })
  })

  it('--live takes what a report names, after a restore', async test => {
    const { run, bucket, rowOf } = await withGarbage(test)
    const { report } = await plantReport(bucket, makeReport([swept, kept]))
    const ran = await run('undelete', '--live', report, '--json')
    assert.deepEqual([ran.status, outcomesOf(ran)], [0, { restored: 1 }], ran.err)
    assert.equal((await rowOf(condemned)).state, 'condemned')
    const other = await run('undelete', '--live', REPORT)
    assert.equal(other.status, EXIT.input)
    assert.match(other.err, /REPORT_UNKNOWN/)
  })

  it('--dry-run tells what, why and until when, and changes nothing', async test => {
    const site = await withGarbage(test)
    const { run, index, bucket } = site
    knowStack(site, { grace: '14d', undeleteWindow: '90d' })
    const before: unknown[] = []
    for await (const row of index.list('main')) before.push(row)
    const { status, out } = await run('undelete', '--report', REPORT, '--dry-run')
    assert.equal(status, 0)
    const until = formatMoment(SWEPT_AT + KEPT_FOR)
    assert.ok(
      out.includes(
        `would be restored: ${nameOf(swept)}, swept ${formatMoment(SWEPT_AT)}; it can be undone until ${until}\n`,
      ),
      out,
    )
    assert.match(out, new RegExp(`^would be revived: ${nameOf(condemned)}, condemned `, 'm'))
    assert.match(
      out,
      new RegExp(`^would have to wait: ${nameOf(sweeping)}, being swept at this moment$`, 'm'),
    )
    assert.match(
      out,
      new RegExp(`^would have to wait: ${nameOf(justSwept)}, swept .+ it can be undone from `, 'm'),
    )
    assert.match(
      out,
      /^(?=.*\b1 would be revived \()(?=.*\b1 would be restored \()(?=.*\b2 would have to wait \().+$/m,
    )
    const after: unknown[] = []
    for await (const row of index.list('main')) after.push(row)
    assert.deepEqual(after, before)
    assert.equal(await bucket.head(blobKey('main', swept)), undefined)
  })

  it('on a host, which does not know how long, says so', async test => {
    const { run } = await withGarbage(test)
    const { out } = await run('undelete', nameOf(swept), '-n')
    assert.match(out, /; it can be undone as long as the bucket keeps the version$/m)
  })

  it('finds the versions of a blob whose row is lost (I10)', async test => {
    const { run, loseRow, rowOf, bytesOf } = await withGarbage(test)
    await loseRow(condemned)
    assert.equal((await run('undelete', nameOf(condemned))).status, 0)
    assert.equal((await rowOf(condemned)).state, 'archived')
    assert.ok(await bytesOf(condemned))
    await loseRow(swept)
    const { status, err } = await run('undelete', nameOf(swept))
    assert.equal(status, EXIT.left, 'its marker was placed a moment ago')
    assert.match(err, /BLOB_BUSY/)
  })

  it('never writes over another object (I3)', async test => {
    const { run, bucket, rowOf, bytesOf } = await withGarbage(test)
    const other = Buffer.alloc(swept.size, 'other')
    await bucket.put(blobKey('main', swept), factsOf(other), { open: () => other })
    const { status, err } = await run('undelete', nameOf(swept))
    assert.equal(status, EXIT.integrity)
    assert.match(err, /BLOB_CONFLICT/)
    assert.deepEqual(await bytesOf(swept), other)
    assert.equal((await rowOf(swept)).state, 'swept')
  })

  it('takes one way to say which blobs, and says what it does not understand', async test => {
    const { run } = await install(test)
    const wrong = [
      [],
      [nameOf(kept), '--report', REPORT],
      ['--report', REPORT, '--since', '1d'],
      ['--live', REPORT, '--report', REPORT],
      ['--since', 'yesterday'],
      ['no-ref'],
      [nameOf(kept), '--database', 'other'],
      ['--report', '../../blobs'],
      ['--live', 'x'],
    ]
    for (const words of wrong) {
      const { status, err } = await run('undelete', ...words)
      assert.equal(status, EXIT.input, `${words}: ${err}`)
      assert.match(err, /error/)
    }
  })

  it('says of a report that nobody knows so, and nothing else', async test => {
    const { run } = await withGarbage(test)
    for (const way of ['--report', '--live'])
      for (const more of [[], ['--dry-run'], ['--json']])
        for (const report of ['x', REPORT.replace('0123', 'ffff')]) {
          const { status, out, err } = await run('undelete', way, report, ...more)
          assert.deepEqual([status, out], [EXIT.input, ''], `${way} ${report} ${more}`)
          assert.match(err, /REPORT_UNKNOWN/)
        }
  })

  it('brings back what a report names when the index was lost and rebuilt (I10)', async test => {
    const { run, bucket, loseRow, bytesOf } = await withGarbage(test)
    await loseRow(swept)
    const { report } = await plantReport(bucket, makeReport([swept, kept]))
    const { out } = await run('undelete', '--live', report, '--dry-run')
    assert.match(out, new RegExp(`^would be looked for: ${nameOf(swept)}, not in the index`, 'm'))
    const ran = await run('undelete', '--live', report, '--json')
    assert.deepEqual(
      [ran.status, outcomesOf(ran)],
      [EXIT.left, { BLOB_BUSY: 1 }],
      'its marker is a moment old',
    )
    assert.equal(await bytesOf(swept), undefined)
  })

  it('tells of an outage, and of no missing blob (I11)', async test => {
    const { run, sandbox } = await withGarbage(test)
    await sandbox.s3.close()
    const { status, err } = await run('undelete', nameOf(swept))
    assert.equal(status, EXIT.unavailable)
    assert.doesNotMatch(err, /BLOB_MISSING/)
  })
})
