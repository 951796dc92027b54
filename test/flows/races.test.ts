import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createBlobs } from '../../client/read/blobs.ts'
import { type Cache, createCache } from '../../client/read/cache/cache.ts'
import { archiveBlob } from '../../core/archive.ts'
import { planVolume, runArchive } from '../../core/archive-run.ts'
import { BlobMissing, BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { recallBlob } from '../../core/recall.ts'
import { listBlobs, runRecall } from '../../core/recall-run.ts'
import { releaseBlob } from '../../core/release.ts'
import { createTallies } from '../../core/run.ts'
import { openVolume } from '../../core/volume/volume.ts'
import {
  AT_ONCE,
  archiveVolume,
  copyTree,
  createSetting,
  EVERYTHING,
  plantBlob,
  plantVolume,
  refNumber,
  scratch,
  silent,
} from './setting.ts'

/** What goes wrong between two steps; found failures stay here as named regressions. */

async function oneArchived(test: TestContext) {
  const setting = createSetting()
  const base = scratch(test)
  const volume = plantVolume(join(base, 'blobs'))
  const ref = refNumber(1)
  const path = plantBlob(volume, ref, 'the blob')
  const { row } = await archiveBlob(setting.archive, ref, path)
  return { ...setting, base, volume, ref, path, row, key: blobKey('main', ref) }
}

/** A bucket that does something at the nth HEAD. */
function atHead(bucket: BlobBucket, nth: number, happens: () => void): BlobBucket {
  let heads = 0
  return {
    ...bucket,
    head(key) {
      heads += 1
      if (heads === nth) happens()
      return bucket.head(key)
    },
  }
}

/** A bucket that does something while a blob is fetched. */
function atGet(bucket: BlobBucket, happens: () => void): BlobBucket {
  return {
    ...bucket,
    async get(key) {
      const found = await bucket.get(key)
      happens()
      return found
    },
  }
}

describe('release, when something happens between its steps (I1)', () => {
  it('keeps the file when the object is marked after the first comparison', async test => {
    const { archive, bucket, volume, row, path, key } = await oneArchived(test)
    const harmed = { ...archive, bucket: atHead(bucket, 2, () => bucket.mark(key)) }
    await assert.rejects(releaseBlob(harmed, volume, row, AT_ONCE), { code: 'BLOB_CONFLICT' })
    assert.equal(readFileSync(path, 'utf8'), 'the blob')
  })

  it('replaces nothing that stands aside under the same ref', async test => {
    const { archive, volume, row, path } = await oneArchived(test)
    const other = join(
      volume.asideDirectory,
      `${row.oid}-${row.tid}.01234567-89ab-4def-8123-456789abcdef.blob`,
    )
    mkdirSync(volume.asideDirectory, { recursive: true })
    writeFileSync(other, 'other bytes, nowhere else')
    assert.equal(await releaseBlob(archive, volume, row, AT_ONCE), 'released')
    assert.ok(!existsSync(path))
    assert.equal(readFileSync(other, 'utf8'), 'other bytes, nowhere else')
  })

  it('moves nothing when the first comparison fails', async test => {
    const { archive, bucket, volume, row, key } = await oneArchived(test)
    bucket.mark(key)
    await assert.rejects(releaseBlob(archive, volume, row, AT_ONCE), { code: 'BLOB_CONFLICT' })
    assert.ok(!existsSync(volume.asideDirectory))
  })

  it('keeps a file that changes while it stands aside', async test => {
    const { archive, bucket, volume, row, path } = await oneArchived(test)
    const change = () => {
      const [name] = readdirSync(volume.asideDirectory)
      writeFileSync(join(volume.asideDirectory, name ?? ''), 'CHANGED!')
    }
    const harmed = { ...archive, bucket: atHead(bucket, 2, change) }
    await assert.rejects(releaseBlob(harmed, volume, row, AT_ONCE), { code: 'SOURCE_CHANGED' })
    assert.equal(readFileSync(path, 'utf8'), 'CHANGED!')
  })

  it('reads an object that nobody vouches for and that is not the verified version', async test => {
    const { archive, bucket, volume, row, path, key } = await oneArchived(test)
    const boasting: BlobBucket = {
      ...bucket,
      head: async key => {
        const stored = await bucket.head(key)
        return stored && { ...stored, versionId: undefined, vouched: false }
      },
    }
    bucket.damage(key, Buffer.from('the blub'))
    const { versionId: _, ...unversioned } = row
    const harmed = { ...archive, bucket: boasting }
    await assert.rejects(releaseBlob(harmed, volume, unversioned, AT_ONCE), { code: 'BLOB_CONFLICT' })
    assert.equal(readFileSync(path, 'utf8'), 'the blob')
  })
})

describe('archive, before a server that checks nothing (I3)', () => {
  it('reads every upload again and records none that came out wrong', async test => {
    const { archive, bucket, index, volume } = await oneArchived(test)
    const ref = refNumber(2)
    const path = plantBlob(volume, ref, 'another blob')
    const careless: BlobBucket = {
      ...bucket,
      async put(key, facts, bytes) {
        const result = await bucket.put(key, facts, bytes)
        bucket.damage(key, Buffer.from('another blub'))
        return result.outcome === 'stored' ? { ...result, vouched: false } : result
      },
    }
    await assert.rejects(archiveBlob({ ...archive, bucket: careless }, ref, path), { code: 'BLOB_CONFLICT' })
    assert.equal(index.rows.size, 1)
  })

  it('does not take a file of the same size that came later for the archived blob', async test => {
    const { archive, volume, path, ref } = await oneArchived(test)
    await new Promise(resolve => setTimeout(resolve, 5))
    writeFileSync(path, 'THE BLOB')
    const { errors } = await archiveVolume(archive, volume)
    assert.deepEqual(
      errors.map(({ code, subject }) => [code, subject]),
      [['BLOB_CONFLICT', `${ref.oid}/${ref.tid}`]],
    )
  })

  it('does not take a file of another size for the archived blob', async test => {
    const { archive, volume, path } = await oneArchived(test)
    writeFileSync(path, 'a longer blob')
    const { errors } = await archiveVolume(archive, volume)
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['BLOB_CONFLICT'],
    )
  })

  it('ends a run at an outage instead of failing blob by blob', async test => {
    const { archive, bucket, volume } = await oneArchived(test)
    for (let number = 2; number < 9; number += 1) plantBlob(volume, refNumber(number), `blob ${number}`)
    const plan = await planVolume(volume, EVERYTHING, Date.now())
    const tallies = createTallies(silent)
    bucket.failWith(new BlobUnavailable('SERVER_UNREACHABLE', 'outage', { subject: 'bucket', hint: 'wait' }))
    await assert.rejects(runArchive(archive, volume, plan, { jobs: 1 }, tallies), {
      code: 'SERVER_UNREACHABLE',
    })
    assert.deepEqual(tallies.summary.failures, {})
  })

  it('neither archives from nor recalls into another program’s cache', async test => {
    const { archive, base } = await oneArchived(test)
    const cache = openVolume(copyTree('zeocache', join(base, 'zeocache')))
    const plan = await planVolume(cache, EVERYTHING, Date.now())
    await assert.rejects(runArchive(archive, cache, plan, { jobs: 1 }, silent), { code: 'LAYOUT_NOT_OURS' })
    const blobs = listBlobs(archive, silent.failed)
    await assert.rejects(runRecall(archive, cache, blobs, { jobs: 1, verify: false }, silent), {
      code: 'LAYOUT_NOT_OURS',
    })
  })

  it('does not follow a link to a directory', async test => {
    const { archive, base, volume } = await oneArchived(test)
    const elsewhere = plantVolume(join(base, 'elsewhere'))
    const victim = plantBlob(elsewhere, refNumber(99), 'not of this volume')
    symlinkSync(dirname(victim), dirname(volume.pathOf(refNumber(99))))
    const plan = await planVolume(volume, EVERYTHING, Date.now())
    assert.deepEqual(
      plan.strangers.map(({ what }) => what),
      ['symlink'],
    )
    await archiveVolume(archive, volume, { release: AT_ONCE })
    assert.ok(existsSync(victim))
  })
})

describe('recall, when something is there already', () => {
  it('never overwrites a file that appears while it fetches', async test => {
    const { archive, bucket, volume, ref, path } = await oneArchived(test)
    rmSync(path)
    const late = atGet(bucket, () => writeFileSync(path, 'written by the application'))
    const recall = recallBlob({ ...archive, bucket: late }, volume, { ref, size: 8 }, { verify: false })
    await assert.rejects(recall, { code: 'BLOB_CONFLICT' })
    assert.equal(readFileSync(path, 'utf8'), 'written by the application')
    assert.deepEqual(readdirSync(volume.incomingDirectory), [])
  })

  it('takes a blob that another recall brought meanwhile for present', async test => {
    const { archive, bucket, volume, ref, path } = await oneArchived(test)
    rmSync(path)
    const late = atGet(bucket, () => writeFileSync(path, 'the blob'))
    const recall = recallBlob({ ...archive, bucket: late }, volume, { ref, size: 8 }, { verify: false })
    assert.equal(await recall, 'present')
  })

  it('keeps a file of another size, a directory and a file in the way of a directory', async test => {
    const { archive, volume, ref, path } = await oneArchived(test)
    const recall = () => recallBlob(archive, volume, { ref, size: 8 }, { verify: false })
    writeFileSync(path, 'a longer blob')
    await assert.rejects(recall(), { code: 'BLOB_CONFLICT' })
    assert.equal(readFileSync(path, 'utf8'), 'a longer blob')
    rmSync(path)
    mkdirSync(path)
    await assert.rejects(recall(), { code: 'BLOB_CONFLICT' })
    rmSync(dirname(path), { recursive: true })
    writeFileSync(dirname(path), 'in the way')
    await assert.rejects(recall(), { code: 'DISK_REFUSED' })
  })

  it('marks the layout of a volume it fills, so that ZODB and the next run find the blobs', async test => {
    const { archive, base } = await oneArchived(test)
    const empty = join(base, 'empty')
    mkdirSync(join(empty, 'lost+found'), { recursive: true })
    for (const outcome of ['recalled', 'present']) {
      const tallies = createTallies(silent)
      await runRecall(
        archive,
        openVolume(empty),
        listBlobs(archive, silent.failed),
        { jobs: 1, verify: false },
        tallies,
      )
      assert.deepEqual(Object.keys(tallies.summary.outcomes), [outcome])
    }
    assert.equal(readFileSync(join(empty, '.layout'), 'utf8'), 'bushy')
  })

  it('removes what recalls left half fetched a day ago, and nothing younger', async test => {
    const { archive, volume } = await oneArchived(test)
    mkdirSync(volume.incomingDirectory, { recursive: true })
    for (const name of ['old.tmp', 'young.tmp']) writeFileSync(join(volume.incomingDirectory, name), 'half')
    const before = Date.now() / 1000 - 2 * 86_400
    utimesSync(join(volume.incomingDirectory, 'old.tmp'), before, before)
    await runRecall(archive, volume, [], { jobs: 1, verify: false }, silent)
    assert.deepEqual(readdirSync(volume.incomingDirectory), ['young.tmp'])
  })
})

describe('reading, when the local disk misbehaves (I11)', () => {
  /** `found` is called when a file was found in the volume and is not opened yet. */
  const readerOf = (
    { bucket, base, volume }: Awaited<ReturnType<typeof oneArchived>>,
    found: () => void = () => {},
  ) => {
    const cache = createCache({ directory: join(base, 'cache'), limit: 2 ** 30 }, 'some-bucket', 'main')
    const link: Cache['link'] = (ref, target) => {
      cache.link(ref, target)
      found()
    }
    return createBlobs({ database: 'main', volumes: [volume], cache: { ...cache, link }, bucket })
  }

  it('never calls a blob missing because its directory may not be read', async test => {
    const given = await oneArchived(test)
    const blobs = readerOf(given)
    rmSync(dirname(given.path), { recursive: true })
    symlinkSync(dirname(given.path), dirname(given.path))
    await assert.rejects(
      blobs.path(given.ref),
      error => error instanceof BlobUnavailable && !(error instanceof BlobMissing),
    )
  })

  it('follows no link and hands out no directory under a blob’s name', async test => {
    const given = await oneArchived(test)
    const blobs = readerOf(given)
    for (const spoil of [() => symlinkSync('/etc/hostname', given.path), () => mkdirSync(given.path)]) {
      rmSync(given.path, { recursive: true })
      spoil()
      await assert.rejects(blobs.open(given.ref), { code: 'DISK_UNREADABLE' })
    }
  })

  it('looks once more when a file vanishes between finding and opening it', async test => {
    const given = await oneArchived(test)
    let found = 0
    const vanish = () => {
      found += 1
      renameSync(given.path, `${given.path}.gone`)
    }
    const file = await readerOf(given, vanish).open(given.ref)
    assert.equal(await file.readFile('utf8'), 'the blob')
    await file.close()
    assert.equal(found, 1)
  })
})
