import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { recordRow } from '../../core/archive.ts'
import { partKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { readReportText } from '../../core/records/report-text.ts'
import { refNumber } from '../flows/setting.ts'
import { makeReport, plantObject } from '../memory/plant-report.ts'
import { hexId } from './garbage/tids.ts'
import { createGarbageSite, type GarbageSite } from './garbage-site.ts'

/** How other products that collect garbage in a bucket have lost blobs that were alive, and that ours does not. */

/** What a database with one living blob and this one comes to after two reports that leave it out, and two sweeps. */
async function collect(site: GarbageSite, living: readonly Ref[], horizon = 5): Promise<void> {
  await site.report(living, horizon)
  await site.sweep()
  await site.report(living, horizon + 1)
  await site.sweep()
}

async function begin(test: TestContext) {
  const site = createGarbageSite(test)
  return { ...site, site, kept: await site.archive(1, 1) }
}

describe('what others have lost', () => {
  it('zodb-s3blobs, at a pack: what another process has uploaded and not committed yet (I4)', async test => {
    const { site, kept, archive, stateOf, isThere } = await begin(test)
    const early = await archive(2, 9)
    const garbage = await archive(3, 2)
    await collect(site, [kept])
    assert.equal(stateOf(early), 'archived')
    assert.ok(await isThere(early))
    assert.equal(stateOf(garbage), 'swept', 'garbage is collected')
  })

  it('JuiceFS, at a garbage collection: an object whose row is not written yet (I4)', async test => {
    const { site, kept, upload, isThere } = await begin(test)
    const ref = { ...kept, tid: '0000000000000002' }
    await upload(ref)
    await collect(site, [kept])
    assert.ok(await isThere(ref))
  })

  it('zodb-s3blobs, under one prefix: the blobs of other databases (I9)', async test => {
    const { site, kept, archive, stateOf, isThere } = await begin(test)
    const ref = await archive(2, 2)
    await archive(2, 2, 'other')
    await archive(1, 1, 'other')
    await collect(site, [kept])
    assert.equal(stateOf(ref), 'swept')
    for (const theirs of [ref, kept]) {
      assert.equal(stateOf(theirs, 'other'), 'archived')
      assert.ok(await isThere(theirs, 'other'))
    }
  })

  it('zodb-s3blobs, without a grace: what one wrong list leaves out (I4)', async test => {
    const { kept, archive, report, sweep, stateOf, isThere } = await begin(test)
    const ref = await archive(2, 2)
    await report([kept], 5)
    assert.equal(stateOf(ref), 'condemned')
    await sweep()
    assert.equal((await report([kept, ref], 6))?.state, 'waiting')
    await sweep()
    assert.ok(await isThere(ref))
  })

  it('JuiceFS, in a list made twice: what the same wrong list leaves out (I4)', async test => {
    const { kept, archive, report, sweep, isThere } = await begin(test)
    const ref = await archive(2, 2)
    for (let time = 0; time < 3; time += 1) {
      assert.equal((await report([kept], 5))?.state, 'done')
      await sweep()
    }
    assert.ok(await isThere(ref))
  })

  it('lakeFS, by another form of the same paths: everything (I4)', async test => {
    const { site, kept, report, stateOf } = await begin(test)
    const swapped = Buffer.from(kept.oid, 'hex').reverse().toString('hex')
    assert.equal((await report([{ ...kept, oid: swapped }], 5))?.state, 'waiting')
    await site.sweep()
    assert.equal(stateOf(kept), 'archived')
    for (const form of [
      `0x${kept.oid} ${kept.tid}`,
      `${kept.oid.slice(4)} ${kept.tid}`,
      `${kept.oid}${kept.tid}`,
    ])
      await assert.rejects(readAll(`${form}\nend 1\n`), { code: 'REF_INVALID' }, form)
  })

  it('restic, by a listing: what the listing leaves out (I4, I11)', async test => {
    const { kept, report, sweep, stateOf } = await begin(test)
    const cut = await report([kept], 5, {
      change: ({ manifest, parts }) => ({ manifest, parts: parts.map(part => part.subarray(0, 0)) }),
    })
    assert.equal(cut?.state, 'refused')
    const lost = await report([kept], 6, {
      change: ({ manifest, parts }) => ({ manifest, parts: parts.map(() => undefined) }),
    })
    assert.equal(lost?.state, 'refused')
    await sweep()
    assert.equal(stateOf(kept), 'archived')
  })

  it('FileStorage, of a pack that failed: a list of what was to be removed (I4, I8)', async test => {
    const { kept, bucket, report, sweep, deliver, stateOf } = await begin(test)
    await report([kept], 5)
    // Whoever reports a pack that fails, or dies with it, leaves parts and no manifest.
    const { manifest, parts } = makeReport([refNumber(4095, hexId(6))])
    for (const [shard, part] of parts.entries())
      await plantObject(bucket, partKey('main', manifest.report, shard), part)
    assert.equal(await deliver({ what: 'manifest', database: 'main', report: manifest.report }), undefined)
    await sweep()
    assert.equal(stateOf(kept), 'archived')
  })

  it('zodb-pgjsonb, deleting row and bytes at once: what a restored database needs (I5)', async test => {
    const { site, kept, archive, stateOf, isThere, undelete } = await begin(test)
    const ref = await archive(2, 2)
    await collect(site, [kept])
    assert.equal(await isThere(ref), false)
    assert.equal((await undelete(ref)).outcome, 'restored')
    assert.equal(stateOf(ref), 'archived')
    assert.ok(await isThere(ref))
  })

  it('collective.s3blobs, by a key that exists: the blob, for other bytes (I3)', async test => {
    const { site, kept, archive, upload, stateOf, undelete } = await begin(test)
    const ref = await archive(2, 2)
    await collect(site, [kept])
    await upload(ref, 'main', 'other bytes')
    await assert.rejects(undelete(ref), { code: 'BLOB_CONFLICT' })
    assert.equal(stateOf(ref), 'swept')
  })

  it('a restored ZODB, by a tid that is given again: the blob that had it before (I3)', async test => {
    const { site, kept, bucket, index, archive, upload, stateOf, rowOf } = await begin(test)
    const ref = await archive(2, 2)
    await collect(site, [kept])
    const before = rowOf(ref)
    const again = await upload(ref, 'main', 'other bytes')
    await assert.rejects(recordRow({ bucket, index }, again), { code: 'BLOB_CONFLICT' })
    assert.equal(stateOf(ref), 'swept')
    assert.deepEqual(rowOf(ref), before)
  })

  it('any of them, after a restore that nobody told of: what the restored database needs (I4)', async test => {
    const { kept, archive, report, sweep, stateOf, isThere } = await begin(test)
    const ref = await archive(2, 2)
    await report([kept], 5)
    assert.equal((await report([kept, ref], 4))?.state, 'refused', 'the horizon went back')
    await sweep()
    assert.equal((await report([kept, ref], 7))?.state, 'waiting', 'it names what was garbage')
    await sweep()
    assert.equal(stateOf(ref), 'condemned')
    assert.ok(await isThere(ref))
  })
})

async function readAll(text: string): Promise<void> {
  for await (const words of readReportText(Readable.from([Buffer.from(text)]))) assert.ok(words)
}
