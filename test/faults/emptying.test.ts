import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { makeRef, type Ref } from '../../core/model/ref.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { copyTree, plantBlob, plantVolume, trueBlobs } from '../flows/setting.ts'
import { bound } from './bounds.ts'
import { type Emptying, emptyVolume, requireAllArchived, startEmptying } from './emptying/emptying.ts'
import { memoryScratch } from './known-blobs.ts'

const BLOBS = bound(2_000, 100_000)
const RUNS = 8

/** Between a hundred bytes and four thousand, no two the same. */
function contentOf(number: number): Buffer {
  const seed = createHash('sha256').update(String(number)).digest()
  return Buffer.alloc(100 + ((number * 7919) % 4000), seed)
}

function plantTree(directory: string): { ref: Ref; sha256: string }[] {
  const volume = plantVolume(directory)
  return Array.from({ length: BLOBS }, (_, number) => {
    const days = 40 + (number % 3000)
    const tid = timeToTid(Date.now() - days * 86_400_000)
    const ref = makeRef((number * 3 + 1).toString(16).padStart(16, '0'), tid)
    const content = contentOf(number)
    plantBlob(volume, ref, content)
    return { ref, sha256: createHash('sha256').update(content).digest('hex') }
  })
}

async function holds(test: TestContext, directory: string, task: Omit<Emptying, 'directory'>): Promise<void> {
  const installation = await startEmptying(test, directory)
  const began = performance.now()
  const { kills, hours, reads, failures, printed } = await emptyVolume(installation, { directory, ...task })
  const seconds = Math.round((performance.now() - began) / 1000)
  test.diagnostic(
    `${task.truth.length} blobs, ${hours} simulated hours, ${kills} kills, ${reads} reads, ${seconds} s`,
  )
  assert.deepEqual(failures, [])
  assert.ok(reads > 0)
  // What was under way when the clock leapt; an answer without a body cannot say that this was why.
  const leapt = /^(CLOCK_WRONG|SOURCE_VANISHED): |^ACCESS_DENIED: .*\(UnknownError\)/
  assert.deepEqual(
    printed.split('\n').filter(line => /^[A-Z_]+: /.test(line) && !leapt.test(line)),
    [],
  )
  await requireAllArchived(installation, { directory, ...task })
}

describe('a shared volume whose agents are killed again and again', () => {
  it('is emptied by the deployed schedule, made by the real ZODB: nothing lost, nothing torn (I1, I2, I3, I8)', async test => {
    const directory = memoryScratch(test)
    const volume = copyTree('bushy', join(directory, 'blobs'))
    const truth = trueBlobs('bushy').map(({ oid, tid, sha256 }) => ({ ref: { oid, tid }, sha256 }))
    await holds(test, directory, { volume, truth, blobsPerRun: 10, hours: 40 })
  })

  it(`is emptied of ${BLOBS} blobs (I1, I2, I3, I8)`, async test => {
    const directory = memoryScratch(test)
    const volume = join(directory, 'blobs')
    const truth = plantTree(volume)
    await holds(test, directory, { volume, truth, blobsPerRun: Math.ceil(BLOBS / RUNS), hours: 60 })
  })
})
