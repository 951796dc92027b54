import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Blobs, createBlobs } from '../../client/read/blobs.ts'
import { createCache } from '../../client/read/cache/cache.ts'
import { refuseForeign } from '../../client/read/cache/own-directory.ts'
import { archiveBlob } from '../../core/archive.ts'
import { BlobUnavailable, NiceBlobsError } from '../../core/model/errors.ts'
import { recallBlob } from '../../core/recall.ts'
import {
  archiveVolume,
  createSetting,
  hashTree,
  plantBlob,
  plantVolume,
  refNumber,
} from '../flows/setting.ts'

/**
 * What disks do to a reader, in a process that has the disk to itself: `disk-child.ts SCENARIO DIRECTORY`. It ends with
 * the status 0 when everything went as it should; a disk is only ever a place below the directory it is given.
 */

const SIZE = 100_000
const COUNT = 20
const contentOf = (number: number) => Buffer.alloc(SIZE, number)
const openFiles = () => readdirSync('/proc/self/fd').length

async function stocked(directory: string, limit = 10 ** 9) {
  const { archive, bucket } = createSetting()
  const source = plantVolume(join(tmpdir(), `nice-blobs-disk-${process.pid}`))
  for (let number = 1; number <= COUNT; number += 1) {
    await archiveBlob(archive, refNumber(number), plantBlob(source, refNumber(number), contentOf(number)))
  }
  rmSync(source.directory, { recursive: true })
  const troubles: unknown[] = []
  const cache = createCache({ directory: join(directory, 'cache'), limit, inUse: 0 }, 'some-bucket', 'main')
  const tell = (trouble: unknown) => troubles.push(trouble)
  const blobs = createBlobs({ database: 'main', volumes: [], cache, bucket, tell })
  return { archive, bucket, cache, blobs, troubles, origin: { database: 'main', bucket } }
}

async function readAll(blobs: Blobs): Promise<void> {
  for (let number = 1; number <= COUNT; number += 1) {
    const file = await blobs.open(refNumber(number))
    assert.deepEqual(await file.readFile(), contentOf(number))
    await file.close()
    const parts: Buffer[] = await (await blobs.stream(refNumber(number))).toArray()
    assert.deepEqual(Buffer.concat(parts), contentOf(number))
  }
}

const typed = (error: unknown) => error instanceof BlobUnavailable && error.code === 'CACHE_UNUSABLE'

const SCENARIOS: Record<string, (directory: string) => Promise<void>> = {
  /** The disk is smaller than the limit says. */
  async 'full cache disk'(directory) {
    const { blobs, cache, troubles } = await stocked(directory)
    writeFileSync(join(directory, 'others'), Buffer.alloc(2_000_000))
    const before = openFiles()
    await readAll(blobs)
    assert.ok(troubles.some(typed), 'the disk was full')
    // It takes the disk for its limit then and makes room instead of giving up.
    const told = troubles.length
    await readAll(blobs)
    assert.equal(troubles.length, told)
    assert.equal(await blobs.path(refNumber(3)), cache.pathOf(refNumber(3)))
    assert.deepEqual(readdirSync(join(directory, 'cache/v1/.incoming')), [])
    // The ledger's three and nothing else.
    assert.ok(openFiles() - before <= 3, `${openFiles() - before} files are left open`)
  },

  /** Nothing at all fits: not even the ledger. */
  async 'no space at all'(directory) {
    const { blobs, troubles } = await stocked(directory)
    mkdirSync(join(directory, 'cache'), { mode: 0o700 })
    const { bavail, bsize } = statfsSync(directory)
    writeFileSync(join(directory, 'others'), Buffer.alloc(bavail * bsize))
    await readAll(blobs)
    await assert.rejects(blobs.path(refNumber(1)), typed)
    assert.ok(troubles.length > 0 && troubles.every(typed))
    rmSync(join(directory, 'others'))
    assert.deepEqual(readFileSync(await blobs.path(refNumber(1))), contentOf(1))
  },

  async 'full volume'(directory) {
    const { origin, archive } = await stocked(directory)
    const volume = plantVolume(join(directory, 'volume'))
    const refused: unknown[] = []
    for (let number = 1; number <= COUNT; number += 1) {
      const blob = { ref: refNumber(number), size: SIZE }
      await recallBlob(origin, volume, blob, { verify: false }).catch(error => refused.push(error))
    }
    assert.ok(refused.length > 0 && refused.length < COUNT)
    assert.ok(refused.every(error => error instanceof NiceBlobsError && error.code === 'TARGET_UNWRITABLE'))
    assert.equal(Object.keys(hashTree(volume.directory)).length, COUNT - refused.length)
    assert.deepEqual(readdirSync(volume.incomingDirectory), [])
    // Releasing needs no space, and makes some.
    const { summary } = await archiveVolume(archive, volume, { release: { delay: 0 } })
    assert.deepEqual(summary.failures, {})
    assert.deepEqual(hashTree(volume.directory), {})
  },

  async 'read-only cache'(directory) {
    const { blobs, troubles } = await stocked(directory)
    assert.doesNotThrow(() => refuseForeign(join(directory, 'cache')))
    await readAll(blobs)
    await assert.rejects(blobs.path(refNumber(1)), typed)
    assert.ok(troubles.length > 0 && troubles.every(typed))
  },

  /** Run as a user who may not enter the directory. */
  async 'forbidden cache'(directory) {
    const { blobs, troubles } = await stocked(directory)
    await readAll(blobs)
    await assert.rejects(blobs.path(refNumber(1)), typed)
    assert.ok(troubles.length > 0)
  },

  /** Run with few descriptors. */
  async 'few descriptors'(directory) {
    const { blobs } = await stocked(directory)
    const before = openFiles()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 500 }, async (_, i) => {
        const number = 1 + (i % COUNT)
        const file = await blobs.open(refNumber(number))
        const content = await file.readFile().finally(() => file.close())
        assert.deepEqual(content, contentOf(number))
      }),
    )
    const failures = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
    assert.ok(failures.length > 0, 'descriptors ran out')
    assert.deepEqual(
      failures.filter(failure => !(failure instanceof BlobUnavailable)),
      [],
    )
    await readAll(blobs)
    assert.ok(openFiles() - before <= 3, `${openFiles() - before} files are left open`)
  },
}

const [scenario = '', directory = ''] = process.argv.slice(2)
assert.ok(existsSync(directory) || scenario === 'forbidden cache')
await SCENARIOS[scenario]?.(directory)
console.log(`went as it should: ${scenario in SCENARIOS ? scenario : 'nothing'}`)
