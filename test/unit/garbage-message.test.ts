import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatShardWork, parseGarbageMessage } from '../../core/model/garbage-message.ts'
import { manifestKey, parseReportKey, partKey, reportId, verdictKey } from '../../core/model/key.ts'
import { anyDatabase, anyRef } from './arbitrary.ts'

const anyReport = anyRef.map(({ oid, tid }) => reportId(oid, tid))
const anyWork = fc.record(
  {
    formatVersion: fc.constant(1 as const),
    phase: fc.constantFrom('count' as const, 'condemn' as const),
    database: anyDatabase,
    report: anyReport,
    shard: fc.nat(63),
  },
  { noNullPrototype: true },
)

/** As EventBridge puts it into the queue, with what we do not look at. */
const created = (key: string, bucket = 'blobs') =>
  JSON.stringify({
    ...{ version: '0', id: 'some-id', account: '111122223333', region: 'eu-central-1', resources: [] },
    ...{ time: '2026-11-25T12:00:00Z', source: 'aws.s3', 'detail-type': 'Object Created' },
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, size: 5, etag: 'x' },
      reason: 'PutObject',
    },
  })

describe('the keys of reports', () => {
  it('are parsed as they were made, and never as those of another', () => {
    fc.assert(
      fc.property(anyDatabase, anyReport, fc.nat(63), (database, report, shard) => {
        const expected = { database, report }
        assert.deepEqual(parseReportKey(manifestKey(database, report)), { what: 'manifest', ...expected })
        assert.deepEqual(parseReportKey(verdictKey(database, report)), { what: 'verdict', ...expected })
        assert.equal(parseReportKey(partKey(database, report, shard)), undefined)
      }),
    )
  })

  it('are parsed from nothing that is not exactly one', () => {
    fc.assert(
      fc.property(
        anyDatabase,
        anyReport,
        fc.constantFrom(manifestKey, verdictKey),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 2 }),
        (database, report, keyOf, at, more) => {
          const key = keyOf(database, report)
          const cut = at % (key.length + 1)
          const text = key.slice(0, cut) + more + key.slice(cut)
          const parsed = parseReportKey(text)
          if (!parsed) return
          const again = parsed.what === 'manifest' ? manifestKey : verdictKey
          assert.equal(again(parsed.database, parsed.report), text)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe("a message of the condemner's queue", () => {
  it('is a shard of its own work, as it was sent', () => {
    fc.assert(
      fc.property(anyWork, work => {
        assert.deepEqual(parseGarbageMessage(formatShardWork(work), 'blobs'), { what: 'shard', work })
      }),
    )
  })

  it('is a manifest or a verdict that has come into our bucket', () => {
    const of = { database: 'main', report: '03d167f919308700-5f0c9a3be1d24876' }
    const manifest = created(manifestKey(of.database, of.report))
    assert.deepEqual(parseGarbageMessage(manifest, 'blobs'), { what: 'manifest', ...of })
    const verdict = created(verdictKey(of.database, of.report))
    assert.deepEqual(parseGarbageMessage(verdict, 'blobs'), { what: 'verdict', ...of })
    assert.equal(parseGarbageMessage(manifest, 'another'), undefined)
    assert.equal(parseGarbageMessage(created('packs/main/notes/manifest.json'), 'blobs'), undefined)
  })

  it('is an error when it is anything else, so that it is not lost', () => {
    const work = {
      formatVersion: 1,
      phase: 'count',
      database: 'main',
      report: reportId('0'.repeat(16), '1'.repeat(16)),
      shard: 0,
    }
    const wrong = [
      ...['', '{', 'null', '{}', '[]'],
      ...[
        { formatVersion: 2 },
        { phase: 'sweep' },
        { shard: 64 },
        { shard: -1 },
        { shard: 0.5 },
        { more: 1 },
      ].map(change => JSON.stringify({ ...work, ...change })),
      ...[{ database: 'Main' }, { report: 'x' }].map(change => JSON.stringify({ ...work, ...change })),
      created('x').replace('Object Created', 'Object Deleted'),
    ]
    for (const body of wrong) assert.throws(() => parseGarbageMessage(body, 'blobs'), body)
  })
})
