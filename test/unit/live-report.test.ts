import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sendReport } from '../../core/live-report.ts'
import { allShards, sortKey } from '../../core/model/blob-row.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { partKey } from '../../core/model/key.ts'
import { RECORD_BYTES } from '../../core/model/live-report.ts'
import type { Ref } from '../../core/model/ref.ts'
import { timeToTid } from '../../core/model/tid.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { readManifest } from '../../core/read-report.ts'
import { mergeRuns } from '../../core/records/merge-runs.ts'
import { writeRuns } from '../../core/records/runs.ts'
import { readRef, WORDS, writeRef } from '../../core/records/words.ts'
import { openFilesBelow } from '../flows/open-files.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { makeReport, reportText } from '../memory/plant-report.ts'
import { anyRef } from './arbitrary.ts'

const NOW = Date.UTC(2026, 10, 25)
const MINUTE = 60_000
const LATEST = timeToTid(NOW)
/** Few, so that many are named more than once. */
const anyFewRefs = fc.array(
  fc
    .record({ oid: fc.integer({ min: 0, max: 300 }), tid: fc.integer({ min: 0, max: 3 }) })
    .map(({ oid, tid }) => refNumber(oid, tid.toString(16).padStart(16, '0'))),
  { minLength: 1, maxLength: 400 },
)
const anyPastRef = anyRef.filter(({ tid }) => tid <= LATEST)

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

function origin(bucket: BlobBucket, directory: string) {
  return { database: 'main', generation: '7', bucket, scratch: directory, now: () => NOW }
}

async function objects(bucket: BlobBucket): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of bucket.list('')) keys.push(key)
  return keys
}

async function readBytes(bucket: BlobBucket, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await bucket.get(key))?.body ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('sending a live report', () => {
  const sameAsOracle = async (directory: string, refs: readonly Ref[]) => {
    const bucket = createMemoryBucket()
    const sent = await sendReport(origin(bucket, directory), chunksOf(reportText(refs)))
    const unique = sent.report.slice(-16)
    const { manifest, parts } = makeReport(refs, { generation: '7', unique })
    const found = await readManifest(bucket, 'main', sent.report)
    assert.deepEqual(found?.manifest, manifest)
    const { report, generation, horizon, revisions } = manifest
    assert.deepEqual(sent, { report, database: 'main', generation, horizon, revisions })
    for (const shard of allShards())
      assert.deepEqual(await readBytes(bucket, partKey('main', sent.report, shard)), parts[shard])
  }

  it('stores exactly what a set of all its lines would hold', async test => {
    const directory = scratch(test)
    const anyRefs = fc.oneof(anyFewRefs, fc.array(anyPastRef, { minLength: 1, maxLength: 100 }))
    await fc.assert(
      fc.asyncProperty(anyRefs, refs => sameAsOracle(directory, refs)),
      { numRuns: 60 },
    )
  })

  it('gives each its own name, though it says the same (I3)', async test => {
    const [bucket, directory] = [createMemoryBucket(), scratch(test)]
    const text = reportText([refNumber(1)])
    const sent = [0, 1].map(() => sendReport(origin(bucket, directory), chunksOf(text)))
    const [one, other] = await Promise.all(sent)
    assert.notEqual(one?.report, other?.report)
    assert.equal((await objects(bucket)).length, 130)
  })

  it('stores the manifest last', async test => {
    const bucket = createMemoryBucket()
    const put: string[] = []
    const watched: BlobBucket = {
      ...bucket,
      put: async (key, ...words) => {
        const result = await bucket.put(key, ...words)
        put.push(key)
        return result
      },
    }
    await sendReport(origin(watched, scratch(test)), chunksOf(reportText([refNumber(1)])))
    assert.equal(put.length, 65)
    assert.match(put.at(-1) ?? '', /manifest\.json$/)
  })

  const cutOff: [what: string, text: string][] = [
    ['nothing at all', ''],
    ['no revision', 'end 0\n'],
    ['no closing line', reportText([refNumber(1)]).replace(/end.*\n/, '')],
    ['another count', reportText([refNumber(1)]).replace('end 1', 'end 2')],
  ]
  for (const [what, text] of cutOff)
    it(`that has ${what} sends nothing`, async test => {
      const bucket = createMemoryBucket()
      const sent = sendReport(origin(bucket, scratch(test)), chunksOf(text))
      await assert.rejects(sent, { code: 'REPORT_CUT_OFF' })
      assert.deepEqual(await objects(bucket), [])
    })

  it('from the future sends nothing, but for a clock that differs by no more than five minutes', async test => {
    const [bucket, directory] = [createMemoryBucket(), scratch(test)]
    const send = (time: number) =>
      sendReport(
        origin(bucket, directory),
        chunksOf(reportText([refNumber(1), refNumber(2, timeToTid(time))])),
      )
    await assert.rejects(send(NOW + 5 * MINUTE + 1_000), { code: 'CLOCK_WRONG' })
    assert.deepEqual(await objects(bucket), [])
    const ahead = NOW + 5 * MINUTE - 1_000
    assert.equal((await send(ahead)).horizon, timeToTid(ahead))
  })

  it('leaves no manifest when any of its writes fails, and no scratch file (I8)', async test => {
    const directory = scratch(test)
    for (let fails = 0; fails <= 64; fails += 1) {
      const bucket = createMemoryBucket()
      const outage = new BlobUnavailable('SERVER_BUSY', 'an outage', { subject: 'bucket', hint: 'none' })
      let puts = 0
      const failing: BlobBucket = {
        ...bucket,
        put: (...words) => (puts++ === fails ? Promise.reject(outage) : bucket.put(...words)),
      }
      await assert.rejects(
        sendReport(origin(failing, directory), chunksOf(reportText([refNumber(1)]))),
        outage,
      )
      assert.ok(!(await objects(bucket)).some(key => key.endsWith('manifest.json')))
    }
    assert.deepEqual([readdirSync(directory), openFilesBelow(directory)], [[], []])
  })

  it('that is ended midway leaves no manifest', async test => {
    const bucket = createMemoryBucket()
    const controller = new AbortController()
    const ending: BlobBucket = {
      ...bucket,
      put: (key, ...words) => {
        if (key.endsWith('part-20')) controller.abort()
        return bucket.put(key, ...words)
      },
    }
    const text = chunksOf(reportText([refNumber(1)]))
    await assert.rejects(sendReport(origin(ending, scratch(test)), text, controller.signal), {
      name: 'AbortError',
    })
    assert.ok(!(await objects(bucket)).some(key => key.endsWith('manifest.json')))
  })

  it('takes for its own what a lost answer left, and not what has other bytes (I3)', async test => {
    const [bucket, directory] = [createMemoryBucket(), scratch(test)]
    const text = reportText([refNumber(1)])
    const losing: BlobBucket = {
      ...bucket,
      put: async (...words) => {
        await bucket.put(...words)
        return { outcome: 'present' }
      },
    }
    const { report } = await sendReport(origin(losing, directory), chunksOf(text))
    assert.equal((await readManifest(bucket, 'main', report))?.manifest.revisions, 1)
    const foreign: BlobBucket = {
      ...losing,
      put: async (key, ...words) => {
        await bucket.put(key, ...words)
        bucket.damage(key, Buffer.from('other bytes'))
        return { outcome: 'present' }
      },
    }
    await assert.rejects(sendReport(origin(foreign, directory), chunksOf(text)), { code: 'BLOB_CONFLICT' })
  })
})

describe('sorting on disk', () => {
  it('gives in many runs what a sorted set gives', async test => {
    const directory = scratch(test)
    await fc.assert(
      fc.asyncProperty(anyFewRefs, fc.integer({ min: 1, max: 50 }), async (refs, run) => {
        const file = await open(join(directory, 'runs'), 'w+')
        const { runs, size, horizon } = await writeRuns(file, batchesOf(refs), run)
        assert.equal(size, (await file.stat()).size)
        assert.ok(size <= refs.length * RECORD_BYTES)
        const { manifest, parts } = makeReport(refs)
        assert.equal(horizon, manifest.horizon)
        for (const shard of allShards()) {
          const merged = [...mergeRuns(file.fd, runs, shard)].flatMap(batch => refsOf(batch).map(sortKey))
          assert.equal(merged.join(''), parts[shard]?.toString('hex'))
        }
        await file.close()
      }),
    )
  })
})

async function* batchesOf(refs: readonly Ref[]): AsyncGenerator<Uint32Array> {
  for (let from = 0; from < refs.length; from += 7) {
    const some = refs.slice(from, from + 7)
    const batch = new Uint32Array(some.length * WORDS)
    for (const [i, ref] of some.entries()) writeRef(batch.subarray(i * WORDS), ref)
    yield batch
  }
}

function refsOf(batch: Uint32Array): Ref[] {
  return Array.from({ length: batch.length / WORDS }, (_, i) => readRef(batch, i * WORDS))
}
