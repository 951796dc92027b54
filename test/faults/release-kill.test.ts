import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DAY } from '../../core/model/quantity.ts'
import { plantVolume } from '../flows/setting.ts'
import { filesBelow } from './audit.ts'
import { knownBlobs, memoryScratch, plantKnown, sha256Of } from './known-blobs.ts'
import { type ReleaseOrder, releaseAll } from './release-child.ts'

/**
 * A release that keeps near what was read lately is killed at every call from the rename to the unlink.
 * What the volume has lost is then known to be replicated, and what the cache has, under a blob's name, is that blob.
 */

const REGISTER = fileURLToPath(new URL('./failpoints/register.ts', import.meta.url))
const CHILD = fileURLToPath(new URL('./release-child.ts', import.meta.url))
/** The calls of a release and of a blob's arrival in a cache. */
const STEPS = /^(?:release|aside|hold|keep-near|receive|cache|claims|ledger|with-parent|source)\./
/** Only then the file is gone; of calls that are made more than once, the first is the one that kills. */
const DELETED = /^release\.unlink:after|^hold\.rm:/
const AT_A_TIME = 2
const COMPILED = join(memoryScratch({ after }), 'compiled')

/** One that is streamed. */
const blobs = knownBlobs(0).slice(0, 1)
const sha256s = blobs.map(({ sha256 }) => sha256)

function stage(test: TestContext): ReleaseOrder {
  const base = memoryScratch(test)
  const [volume, origin, cache] = [join(base, 'blobs'), join(base, 'origin'), join(base, 'cache')]
  plantKnown(plantVolume(origin), blobs)
  const planted = plantVolume(volume)
  plantKnown(planted, blobs)
  const now = Date.now()
  for (const { ref } of blobs) utimesSync(planted.pathOf(ref), new Date(now), new Date(now - DAY))
  return { volume, origin, cache, refs: blobs.map(({ ref }) => ref) }
}

function run(order: ReleaseOrder, environment: Record<string, string>): Promise<NodeJS.Signals | null> {
  const words = ['--import', REGISTER, CHILD, JSON.stringify(order)]
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILED, ...environment }
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, words, { env }, (_error, _out, told) => {
      if (child.signalCode === null && child.exitCode !== 0) reject(new Error(told))
      else resolve(child.signalCode)
    })
  })
}

/** What bears a blob's name, wherever it stands. */
const blobsIn = (directory: string) =>
  filesBelow(directory)
    .filter(path => path.endsWith('.blob'))
    .map(path => sha256Of(readFileSync(join(directory, path))))

describe('a release that keeps near what was read lately, killed at any of its calls', () => {
  it('loses nothing, shows nothing wrong, and the next run completes (I1, I2, I8)', async test => {
    const list = join(memoryScratch(test), 'list')
    const whole = stage(test)
    assert.equal(await run(whole, { BLOBS_FAILPOINT_RECORD: list }), null)
    assert.deepEqual([blobsIn(whole.volume), blobsIn(whole.cache)], [[], sha256s])
    const points = readFileSync(list, 'utf8')
      .trim()
      .split('\n')
      .filter(point => STEPS.test(point))
    const killed = await Promise.all(
      Array.from({ length: AT_A_TIME }, (_, lane) =>
        killAtEach(
          test,
          points.filter((_, i) => i % AT_A_TIME === lane),
        ),
      ),
    )
    test.diagnostic(`killed at ${killed.flat().length} of ${points.length} failpoints`)
    assert.ok(points.includes('release.unlink:before') && points.includes('cache.rename:after'))
  })
})

async function killAtEach(test: TestContext, points: readonly string[]): Promise<string[]> {
  const killed: string[] = []
  for (const point of points) {
    const order = stage(test)
    if ((await run(order, { BLOBS_FAILPOINT: `${point}:kill` })) !== 'SIGKILL') continue
    killed.push(point)
    const [left, kept] = [blobsIn(order.volume), blobsIn(order.cache)]
    if (!DELETED.test(point)) assert.deepEqual(left, sha256s, point)
    if (kept.length > 0) assert.deepEqual(kept, sha256s, point)
    assert.deepEqual(await releaseAll(order), [], point)
    assert.deepEqual(blobsIn(order.volume), [], point)
  }
  return killed
}
