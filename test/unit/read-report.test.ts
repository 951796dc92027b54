import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { shardOf, sortKey } from '../../core/model/blob-row.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { ReportRefused } from '../../core/model/judge-report.ts'
import { manifestKey, partKey, reportId } from '../../core/model/key.ts'
import { formatManifest, type Manifest, RECORD_BYTES } from '../../core/model/live-report.ts'
import type { Ref } from '../../core/model/ref.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { readManifest, withPart } from '../../core/read-report.ts'
import { openFilesBelow } from '../flows/open-files.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { makeReport, type PlainReport, plantObject, plantReport, sha256 } from '../memory/plant-report.ts'
import { anyRef } from './arbitrary.ts'

const TIDS = ['03d167f919308700', '03d167f919308800', '03d167f919308900']
/** Of every shard several. */
const REFS: readonly Ref[] = Array.from({ length: 256 }, (_, i) => refNumber(i, TIDS[i % 3]))
const SHARD = 5
const OUTAGE = new BlobUnavailable('SERVER_UNREACHABLE', 'an outage', { subject: 'bucket', hint: 'none' })

interface Planted {
  bucket: ReturnType<typeof createMemoryBucket>
  manifest: Manifest
  directory: string
}

async function planted(test: TestContext, report: PlainReport = makeReport(REFS)): Promise<Planted> {
  const bucket = createMemoryBucket()
  return { bucket, manifest: await plantReport(bucket, report), directory: scratch(test) }
}

/** Of each of the refs, whether the part names it. */
async function namedIn(
  { bucket, manifest, directory }: Omit<Planted, 'bucket'> & { bucket: Pick<BlobBucket, 'get'> },
  shard: number,
  refs: readonly Ref[],
): Promise<boolean[]> {
  return withPart(bucket, manifest, shard, directory, async named => refs.map(ref => named.has(ref)))
}

/** With one part another one, and the manifest as that part would have it or as it was. */
function replacePart(change: (part: Buffer) => Buffer, agreeing = true): PlainReport {
  const { manifest, parts } = makeReport(REFS)
  const part = change(parts[SHARD] ?? Buffer.alloc(0))
  const revisions = Math.floor(part.length / RECORD_BYTES)
  const facts = manifest.parts.map((fact, i) => (i === SHARD ? { revisions, sha256: sha256(part) } : fact))
  const sum = facts.reduce((total, fact) => total + fact.revisions, 0)
  return {
    manifest: agreeing ? { ...manifest, parts: facts, revisions: sum } : manifest,
    parts: parts.map((each, i) => (i === SHARD ? part : each)),
  }
}

const records = (part: Buffer) =>
  Array.from({ length: part.length / RECORD_BYTES }, (_, i) =>
    part.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES),
  )

const recordOf = (ref: Ref) => Buffer.from(sortKey(ref), 'hex')

function flipped(part: Buffer, byte: number): Buffer {
  const other = Buffer.from(part)
  other.writeUInt8(other.readUInt8(byte) ^ 1, byte)
  return other
}

const refusedAs = (refusal: string) => (error: unknown) => {
  assert.ok(error instanceof ReportRefused, String(error))
  assert.equal(error.reason.refusal, refusal)
  return true
}

describe('a part of a live report', () => {
  it('names what it holds, and nothing else, in each shard', async test => {
    const directory = scratch(test)
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyRef, { maxLength: 60, selector: sortKey }), async refs => {
        const named = refs.filter((_, i) => i % 2 === 0)
        const bucket = createMemoryBucket()
        const manifest = await plantReport(bucket, makeReport(named))
        for (const shard of new Set(refs.map(shardOf))) {
          const asked = refs.filter(ref => shardOf(ref) === shard).sort(inOrder)
          const answers = await namedIn({ bucket, manifest, directory }, shard, asked)
          assert.deepEqual(
            answers,
            asked.map(ref => named.includes(ref)),
          )
        }
      }),
    )
  })

  it('of more records than are held in memory is the same', async test => {
    const refs = Array.from({ length: 20_000 }, (_, i) => refNumber(i * 64, TIDS[0]))
    const there = await planted(test, makeReport(refs.filter((_, i) => i % 3 > 0)))
    const answers = await namedIn(there, 0, refs)
    assert.deepEqual(
      answers,
      refs.map((_, i) => i % 3 > 0),
    )
  })

  it('may be asked for the same ref again, and never for one before it (I4)', async test => {
    const there = await planted(test)
    const [first, second] = [refNumber(SHARD, TIDS[2]), refNumber(SHARD + 64, TIDS[1])]
    assert.deepEqual(await namedIn(there, SHARD, [first, first, second, second]), [true, true, false, false])
    await assert.rejects(namedIn(there, SHARD, [second, first]), /out of their order/)
  })

  it('may be empty', async test => {
    const there = await planted(test, makeReport(REFS.filter(ref => shardOf(ref) !== SHARD)))
    assert.deepEqual(await namedIn(there, SHARD, [refNumber(SHARD)]), [false])
  })

  const damages: [what: string, refusal: string, report: PlainReport][] = [
    ['with a byte changed', 'damaged', replacePart(part => flipped(part, 7), false)],
    ['cut short', 'damaged', replacePart(part => part.subarray(0, RECORD_BYTES), false)],
    ['cut short within a record', 'damaged', replacePart(part => part.subarray(0, 40))],
    ['with more than it should have', 'damaged', replacePart(part => Buffer.concat([part, part]), false)],
    ['with a record twice', 'damaged', replacePart(part => Buffer.concat([part.subarray(0, 16), part]))],
    ['that is not sorted', 'damaged', replacePart(part => Buffer.concat(records(part).toReversed()))],
    ['of another shard', 'foreign', replacePart(() => recordOf(refNumber(SHARD + 1)))],
    [
      'with one record of another shard',
      'foreign',
      replacePart(part => Buffer.concat([part, recordOf(refNumber(1025))])),
    ],
    [
      'with a record younger than the horizon',
      'damaged',
      replacePart(part => Buffer.concat([part, recordOf(refNumber(0x1000 + SHARD, 'f'.repeat(16)))])),
    ],
  ]
  for (const [what, refusal, report] of damages)
    it(`${what} is refused as ${refusal}, and nothing is asked of it`, async test => {
      const there = await planted(test, report)
      await assert.rejects(namedIn(there, SHARD, []), refusedAs(refusal))
    })

  it('that is not there is refused as incomplete', async test => {
    const { manifest, parts } = makeReport(REFS)
    const bucket = createMemoryBucket()
    await plantReport(bucket, { manifest, parts: parts.map((part, i) => (i === SHARD ? undefined : part)) })
    const there = { bucket, manifest, directory: scratch(test) }
    await assert.rejects(namedIn(there, SHARD, []), refusedAs('incomplete'))
    assert.deepEqual(await namedIn(there, SHARD + 1, [refNumber(SHARD + 1, TIDS[0])]), [true])
  })

  it('swapped with another is refused', async test => {
    const there = await planted(test)
    const { parts } = makeReport(REFS)
    const [own, other] = [SHARD, SHARD + 1].map(shard => partKey('main', there.manifest.report, shard))
    there.bucket.damage(own ?? '', parts[SHARD + 1] ?? Buffer.alloc(0))
    there.bucket.damage(other ?? '', parts[SHARD] ?? Buffer.alloc(0))
    await assert.rejects(namedIn(there, SHARD, []), refusedAs('damaged'))
    await assert.rejects(namedIn(there, SHARD + 1, []), refusedAs('damaged'))
  })

  it('is refused whatever byte of it is another', async test => {
    const { manifest, parts } = makeReport(REFS)
    const part = parts[SHARD] ?? Buffer.alloc(0)
    const there = await planted(test)
    for (let byte = 0; byte < part.length; byte += 1) {
      there.bucket.damage(partKey('main', manifest.report, SHARD), flipped(part, byte))
      await assert.rejects(namedIn(there, SHARD, []), refusedAs('damaged'))
    }
  })

  it('that cannot be had for now is unavailable, never refused (I11)', async test => {
    const there = await planted(test)
    there.bucket.failWith(OUTAGE)
    await assert.rejects(namedIn(there, SHARD, []), OUTAGE)
    there.bucket.failWith(undefined)
    await assert.rejects(namedIn({ ...there, bucket: breakingOff(there.bucket) }, SHARD, []), OUTAGE)
  })

  it('that is spoiled on its way is read again, and unavailable when it is another each time (I11)', async test => {
    const there = await planted(test)
    const asked = [refNumber(SHARD, TIDS[2])]
    assert.deepEqual(await namedIn({ ...there, bucket: spoiling(there.bucket, 1) }, SHARD, asked), [true])
    const always = namedIn({ ...there, bucket: spoiling(there.bucket, 2) }, SHARD, asked)
    await assert.rejects(always, { name: 'BlobUnavailable', code: 'SERVER_FAILED' })
  })

  it('leaves no file and no descriptor, whatever came of it', async test => {
    const there = await planted(test)
    await withPart(there.bucket, there.manifest, SHARD, there.directory, async () => {
      assert.deepEqual(readdirSync(there.directory), [])
    })
    await assert.rejects(
      withPart(there.bucket, there.manifest, SHARD, there.directory, async () => {
        throw new Error('of the work')
      }),
      /of the work/,
    )
    there.bucket.failWith(OUTAGE)
    await assert.rejects(namedIn(there, SHARD, []), OUTAGE)
    assert.deepEqual([readdirSync(there.directory), openFilesBelow(there.directory)], [[], []])
  })
})

describe('the manifest of a live report', () => {
  it('is told with its hash and the time it was stored', async test => {
    const { bucket, manifest } = await planted(test)
    const found = await readManifest(bucket, 'main', manifest.report)
    assert.deepEqual(found?.manifest, manifest)
    assert.equal(found?.sha256, sha256(Buffer.from(formatManifest(manifest))))
    assert.equal(found?.storedAt, (await bucket.head(manifestKey('main', manifest.report)))?.lastModified)
  })

  it('that is not there is no report', async test => {
    const { bucket, manifest } = await planted(test)
    assert.equal(await readManifest(bucket, 'other', manifest.report), undefined)
    assert.equal(await readManifest(bucket, 'main', reportId(TIDS[0] ?? '', '0'.repeat(16))), undefined)
  })

  it('of another database or report is refused as foreign (I9)', async () => {
    const bucket = createMemoryBucket()
    const { manifest } = makeReport(REFS)
    const text = Buffer.from(formatManifest(manifest))
    const others = [
      ['other', manifest.report],
      ['main', reportId(manifest.horizon, 'f'.repeat(16))],
      ['main', reportId(TIDS[0] ?? '', '0'.repeat(16))],
    ] as const
    for (const [database, report] of others) {
      await plantObject(bucket, manifestKey(database, report), text)
      await assert.rejects(readManifest(bucket, database, report), refusedAs('foreign'))
    }
  })

  it('with another horizon than its id, other counts, or of another format is refused as damaged', async () => {
    const { manifest } = makeReport(REFS)
    const key = manifestKey('main', manifest.report)
    const texts = [
      JSON.stringify({ ...manifest, horizon: TIDS[0] }),
      JSON.stringify({ ...manifest, revisions: manifest.revisions + 1 }),
      JSON.stringify({ ...manifest, parts: manifest.parts.slice(1) }),
      JSON.stringify({ ...manifest, formatVersion: 2 }),
      formatManifest(manifest).slice(0, -1),
      `${formatManifest(manifest)}${' '.repeat(65_536)}`,
      '',
    ]
    for (const text of texts) {
      const bucket = createMemoryBucket()
      await plantObject(bucket, key, Buffer.from(text))
      await assert.rejects(readManifest(bucket, 'main', manifest.report), refusedAs('damaged'))
    }
  })

  it('is refused as damaged or foreign whatever byte of it is another', async () => {
    const { manifest } = makeReport(REFS)
    const text = Buffer.from(formatManifest(manifest))
    const key = manifestKey('main', manifest.report)
    const anyDamage = fc.record({ byte: fc.nat(text.length - 1), bits: fc.integer({ min: 1, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(anyDamage, async ({ byte, bits }) => {
        const bucket = createMemoryBucket()
        await plantObject(bucket, key, text)
        const other = Buffer.from(text)
        other.writeUInt8(other.readUInt8(byte) ^ bits, byte)
        bucket.damage(key, other)
        await assert.rejects(readManifest(bucket, 'main', manifest.report), ReportRefused)
      }),
    )
  })

  it('that cannot be had for now is unavailable, never refused (I11)', async test => {
    const { bucket, manifest } = await planted(test)
    const read = (from: Pick<BlobBucket, 'get'>) => readManifest(from, 'main', manifest.report)
    await assert.rejects(read(breakingOff(bucket)), OUTAGE)
    assert.deepEqual((await read(spoiling(bucket, 1)))?.manifest, manifest)
    await assert.rejects(read(spoiling(bucket, 2)), { name: 'BlobUnavailable', code: 'SERVER_FAILED' })
    bucket.failWith(OUTAGE)
    await assert.rejects(read(bucket), OUTAGE)
  })
})

function inOrder(a: Ref, b: Ref): number {
  return sortKey(a) < sortKey(b) ? -1 : 1
}

/** Every body ends with an outage after its first bytes. */
function breakingOff(bucket: BlobBucket): Pick<BlobBucket, 'get'> {
  return through(bucket, async function* (body) {
    for await (const chunk of body) {
      yield chunk.subarray(0, 10)
      throw OUTAGE
    }
  })
}

/** So many bodies come with another byte changed each time. */
function spoiling(bucket: BlobBucket, times: number): Pick<BlobBucket, 'get'> {
  let spoiled = 0
  return through(bucket, async function* (body) {
    spoiled += 1
    for await (const chunk of body) yield spoiled <= times ? flipped(Buffer.from(chunk), spoiled) : chunk
  })
}

function through(
  bucket: BlobBucket,
  change: (body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): Pick<BlobBucket, 'get'> {
  return {
    async get(key) {
      const found = await bucket.get(key)
      return found && { ...found, body: change(found.body) }
    },
  }
}
