import assert from 'node:assert/strict'
import {
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createBlobs } from '../../client/read/blobs.ts'
import { createCache } from '../../client/read/cache/cache.ts'
import { keepReadLately } from '../../client/read/keep-near.ts'
import { archiveBlob } from '../../core/archive.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { DAY } from '../../core/model/quantity.ts'
import { type KeepNear, releaseBlob } from '../../core/release.ts'
import { withSource } from '../../core/volume/source.ts'
import { openFilesBelow } from './open-files.ts'
import {
  AT_ONCE,
  archiveVolume,
  createSetting,
  plantBlob,
  plantVolume,
  refNumber,
  scratch,
} from './setting.ts'

/** More than is kept in memory, so that the file is read once for the hash and again for the copy. */
const LARGE = Buffer.alloc(2 ** 20 + 1, 'large ')

const UNNOTICED = { skip: constants.O_NOATIME === undefined && 'this system has no O_NOATIME' }

interface Given {
  content?: string | Buffer
  limit?: number
}

/** One archived blob that somebody has read today, on a host with a cache, whose bucket says what is asked of it. */
async function oneReadLately(test: TestContext, { content = 'the blob', limit = 2 ** 30 }: Given = {}) {
  const setting = createSetting()
  const base = scratch(test)
  const volume = plantVolume(join(base, 'blobs'))
  const ref = refNumber(1)
  const file = plantBlob(volume, ref, content)
  const { row } = await archiveBlob(setting.archive, ref, file)
  writeTimes(file, { read: 0.1 * DAY })
  const steps: string[] = []
  const bucket = {
    ...setting.bucket,
    head: (key: string) => {
      steps.push('head')
      return setting.bucket.head(key)
    },
    get: (key: string) => {
      steps.push('get')
      return setting.bucket.get(key)
    },
  }
  const directory = join(base, 'cache')
  const cache = createCache({ directory, limit, inUse: 0 }, 'some-bucket', 'main')
  const troubles: NiceBlobsError[] = []
  const tell = (trouble: unknown) => troubles.push(trouble as NiceBlobsError)
  const blobs = createBlobs({ database: 'main', volumes: [volume], cache, bucket, tell })
  test.after(() => blobs.close())
  const keepNear = keepReadLately(cache, tell)
  const archive = { ...setting.archive, bucket }
  const release = (keep: KeepNear = keepNear) => releaseBlob(archive, volume, row, AT_ONCE, keep)
  return {
    ...setting,
    base,
    volume,
    ref,
    file,
    row,
    archive,
    directory,
    cache,
    blobs,
    troubles,
    steps,
    keepNear,
    release,
  }
}

/** Written a hundred days ago, read as many milliseconds ago. */
function writeTimes(file: string, { read }: { read: number }): void {
  utimesSync(file, new Date(Date.now() - read), new Date(Date.now() - 100 * DAY))
}

const asideIn = ({ asideDirectory }: { asideDirectory: string }) => {
  const [name = ''] = readdirSync(asideDirectory)
  return join(asideDirectory, name)
}

const codesOf = (troubles: readonly NiceBlobsError[]) => troubles.map(({ code }) => code)

describe('what was read lately, when it is released', () => {
  for (const [size, content] of Object.entries({ small: 'the blob', large: LARGE, empty: '' })) {
    it(`stays on this host under the same path, copied, not fetched: ${size} (I12)`, async test => {
      const { blobs, ref, file, release, steps, troubles, directory } = await oneReadLately(test, { content })
      const path = await blobs.path(ref)
      assert.equal(readlinkSync(path), file)
      assert.equal(await release(), 'released')
      assert.ok(!existsSync(file))
      assert.deepEqual(await blobs.locate(ref), { path, tier: 'cache' })
      assert.deepEqual(readFileSync(path), Buffer.from(content))
      assert.deepEqual([lstatSync(path).isFile(), statSync(path).mode & 0o222], [true, 0])
      assert.deepEqual([troubles, steps.includes('get')], [[], false])
      assert.deepEqual(readdirSync(join(directory, 'v1/.incoming')), [])
      assert.deepEqual(
        openFilesBelow(directory).filter(open => !open.includes('ledger')),
        [],
      )
    })
  }

  it('is copied after it was compared and before the last look at the object (I1)', async test => {
    const { volume, file, steps, keepNear, release } = await oneReadLately(test)
    const outcome = await release(async (source, row) => {
      assert.ok(!existsSync(file))
      assert.equal(readFileSync(asideIn(volume), 'utf8'), 'the blob')
      assert.equal(source.facts.sha256, row.sha256)
      await keepNear(source, row)
      steps.push('kept')
    })
    assert.equal(outcome, 'released')
    assert.deepEqual(steps, ['head', 'kept', 'head'])
  })

  it('is a copy: whoever still writes on the file does not write into the cache', async test => {
    const { base, cache, ref, file, release } = await oneReadLately(test)
    linkSync(file, join(base, 'blobs.old'))
    assert.equal(await release(), 'released')
    writeFileSync(join(base, 'blobs.old'), 'CHANGED!')
    assert.equal(readFileSync(cache.pathOf(ref), 'utf8'), 'the blob')
    assert.equal(statSync(cache.pathOf(ref)).nlink, 1)
  })

  it('is kept by a whole run too, and what nobody has read goes', async test => {
    const { archive, volume, blobs, ref, keepNear } = await oneReadLately(test)
    const unread = plantBlob(volume, refNumber(2), 'another')
    writeTimes(unread, { read: 8 * DAY })
    const { summary } = await archiveVolume(archive, volume, { release: AT_ONCE, keepNear })
    assert.equal(summary.outcomes.released?.blobs, 2)
    assert.equal((await blobs.locate(ref)).tier, 'cache')
    assert.equal((await blobs.locate(refNumber(2))).tier, 'bucket')
  })

  it('is not read lately because it was archived, hashed and compared by us', UNNOTICED, async test => {
    const { archive, volume, file, ref, blobs, row, keepNear } = await oneReadLately(test, { content: LARGE })
    writeTimes(file, { read: 100 * DAY })
    await archiveBlob(archive, ref, file)
    await withSource(file, async ({ bytes }) => {
      for await (const _ of bytes.open());
    })
    assert.equal(await releaseBlob(archive, volume, row, AT_ONCE, keepNear), 'released')
    assert.equal((await blobs.locate(ref)).tier, 'bucket')
  })

  it('stays in both places when the last look fails, and goes with the next run (I8)', async test => {
    const { archive, bucket, volume, blobs, ref, row, file, keepNear } = await oneReadLately(test)
    bucket.replicate('completed')
    const policy = { ...AT_ONCE, replicated: true }
    const interrupted: KeepNear = async (...words) => {
      await keepNear(...words)
      bucket.replicate('pending')
    }
    const path = await blobs.path(ref)
    assert.equal(await releaseBlob(archive, volume, row, policy, interrupted), 'not replicated yet')
    assert.equal(readFileSync(file, 'utf8'), 'the blob')
    assert.deepEqual(await blobs.locate(ref), { path, tier: 'cache' })
    bucket.replicate('completed')
    assert.equal(await releaseBlob(archive, volume, row, policy, keepNear), 'released')
    assert.deepEqual(await blobs.locate(ref), { path, tier: 'cache' })
  })

  it('goes when it does not fit, and is not even read for it (I7)', async test => {
    const { cache, ref, file, keepNear, release, troubles, blobs } = await oneReadLately(test, { limit: 7 })
    const path = await blobs.path(ref)
    let opened = false
    const open = () => {
      opened = true
      return Buffer.from('the blob')
    }
    assert.equal(await release((source, row) => keepNear({ ...source, bytes: { open } }, row)), 'released')
    assert.ok(!existsSync(file))
    assert.deepEqual([opened, cache.bytes(), troubles], [false, 0, []])
    assert.deepEqual(await blobs.locate(ref), { path, tier: 'bucket' })
  })

  it('waits for nobody who fetches it already', async test => {
    const { cache, ref, file, release } = await oneReadLately(test)
    let fetched = () => {}
    const fetching = cache.receive(ref, 'must stay', () => new Promise<void>(resolve => (fetched = resolve)))
    assert.equal(await release(), 'released')
    assert.ok(!existsSync(file))
    fetched()
    await fetching
  })
})

describe('a release, whatever is wrong with the copy (I1, I2, I7)', () => {
  it('publishes no bytes that are not the blob’s', async test => {
    const { volume, blobs, cache, ref, keepNear, release, troubles, directory } = await oneReadLately(test, {
      content: LARGE,
    })
    const outcome = await release(async (source, row) => {
      const path = asideIn(volume)
      const { atime, mtime } = statSync(path)
      writeFileSync(path, Buffer.concat([LARGE.subarray(0, -1), Buffer.from('!')]))
      utimesSync(path, atime, mtime)
      await keepNear(source, row)
    })
    assert.equal(outcome, 'released')
    assert.deepEqual(codesOf(troubles), ['SOURCE_CHANGED'])
    assert.ok(!existsSync(cache.pathOf(ref)))
    assert.deepEqual(readdirSync(join(directory, 'v1/.incoming')), [])
    assert.deepEqual(readFileSync(await blobs.path(ref)), LARGE)
  })

  it('keeps the file when what is done with it throws', async test => {
    const { volume, file, release } = await oneReadLately(test)
    const broken = async () => {
      throw new Error('not ours')
    }
    await assert.rejects(release(broken), /not ours/)
    assert.equal(readFileSync(file, 'utf8'), 'the blob')
    assert.deepEqual(readdirSync(volume.asideDirectory), [])
  })

  const troubles: Record<string, (directory: string) => void> = {
    CACHE_NOT_OURS: directory => {
      mkdirSync(directory)
      writeFileSync(join(directory, 'letters.txt'), 'somebody else’s')
    },
    CACHE_UNUSABLE: directory => writeFileSync(directory, 'no directory'),
  }
  for (const [code, spoil] of Object.entries(troubles)) {
    it(`is told of a cache and goes on: ${code}`, async test => {
      const { directory, file, release, troubles } = await oneReadLately(test)
      spoil(directory)
      assert.equal(await release(), 'released')
      assert.ok(!existsSync(file))
      assert.deepEqual(codesOf(troubles), [code])
    })
  }

  it('is told of a place in the cache that cannot be written, and goes on', async test => {
    const { directory, cache, ref, file, release, troubles } = await oneReadLately(test)
    mkdirSync(dirname(dirname(cache.pathOf(ref))), { recursive: true })
    writeFileSync(join(directory, '.nice-blobs-cache'), '')
    writeFileSync(dirname(cache.pathOf(ref)), 'no directory')
    assert.equal(await release(), 'released')
    assert.ok(!existsSync(file))
    assert.deepEqual(codesOf(troubles), ['CACHE_UNUSABLE'])
  })
})
