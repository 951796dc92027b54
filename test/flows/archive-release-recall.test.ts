import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { archiveBlob } from '../../core/archive.ts'
import { blobKey } from '../../core/model/key.ts'
import { DAY } from '../../core/model/quantity.ts'
import type { Ref } from '../../core/model/ref.ts'
import { listBlobs, runRecall } from '../../core/recall-run.ts'
import { releaseBlob } from '../../core/release.ts'
import { createTallies } from '../../core/run.ts'
import { PACKING_HOLDS, PIN_HOLDS } from '../../core/volume/hold.ts'
import { openVolume, type Volume } from '../../core/volume/volume.ts'
import {
  AT_ONCE,
  archiveVolume,
  copyTree,
  createSetting,
  hashTree,
  plantBlob,
  plantVolume,
  refNumber,
  scratch,
  silent,
  trueBlobs,
  trueTree,
} from './setting.ts'

async function recallAll({ archive }: ReturnType<typeof createSetting>, directory: string, verify = false) {
  const tallies = createTallies(silent)
  await runRecall(
    archive,
    openVolume(directory),
    listBlobs(archive, tallies.failed),
    { jobs: 4, verify },
    tallies,
  )
  return tallies.summary
}

describe('archive, release and recall on blobs of the real ZODB', () => {
  for (const tree of ['bushy', 'lawn'] as const) {
    it(`takes every blob of a ${tree} volume to the bucket and brings it back byte for byte`, async test => {
      const setting = createSetting()
      const directory = copyTree(tree, join(scratch(test), 'blobs'))
      const { summary } = await archiveVolume(setting.archive, openVolume(directory), {
        release: AT_ONCE,
        jobs: 8,
      })
      const blobs = trueBlobs(tree)
      assert.equal(summary.outcomes.archived?.blobs, blobs.length)
      assert.equal(summary.outcomes.released?.blobs, blobs.length)
      assert.deepEqual(hashTree(directory), {})
      for (const { oid, tid, sha256, size } of blobs) {
        const stored = await setting.bucket.head(blobKey('main', { oid, tid }))
        assert.deepEqual([stored?.sha256, stored?.size], [sha256, size])
      }
      const recalled = await recallAll(setting, directory)
      assert.equal(recalled.outcomes.recalled?.blobs, blobs.length)
      assert.deepEqual(hashTree(directory), trueTree(tree))
    })
  }

  it('does everything once: a second run finds nothing to do (I8)', async test => {
    const setting = createSetting()
    const directory = copyTree('lawn', join(scratch(test), 'blobs'))
    await archiveVolume(setting.archive, openVolume(directory))
    const rows = new Map(setting.index.rows)
    const again = await archiveVolume(setting.archive, openVolume(directory))
    assert.deepEqual(Object.keys(again.summary.outcomes), ['archived before'])
    assert.deepEqual(setting.index.rows, rows)
    for (const versions of setting.bucket.versions.values()) assert.equal(versions.length, 1)
  })

  it('finds what a run uploaded that was killed before it wrote the row (I8)', async test => {
    const setting = createSetting()
    const directory = copyTree('lawn', join(scratch(test), 'blobs'))
    await archiveVolume(setting.archive, openVolume(directory))
    const rows = new Map(setting.index.rows)
    setting.index.rows.clear()
    const { summary } = await archiveVolume(setting.archive, openVolume(directory))
    assert.equal(summary.outcomes.present?.blobs, trueBlobs('lawn').length)
    assert.deepEqual([...setting.index.rows.keys()].sort(), [...rows.keys()].sort())
  })

  it('copies into another directory only what is not there yet, and verifies what is when asked', async test => {
    const setting = createSetting()
    const base = scratch(test)
    await archiveVolume(setting.archive, openVolume(copyTree('bushy', join(base, 'blobs'))))
    const copy = plantVolume(join(base, 'copy')).directory
    assert.deepEqual(Object.keys((await recallAll(setting, copy)).outcomes), ['recalled'])
    assert.deepEqual(hashTree(copy), trueTree('bushy'))
    assert.deepEqual(Object.keys((await recallAll(setting, copy)).outcomes), ['present'])

    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    const path = join(copy, blob.path)
    const content = readFileSync(path)
    content[0] = (content[0] ?? 0) ^ 1
    renameSync(path, `${path}.whole`)
    writeFileSync(path, content)
    assert.deepEqual((await recallAll(setting, copy)).failures, {})
    assert.deepEqual((await recallAll(setting, copy, true)).failures, { BLOB_CONFLICT: 1 })
    assert.deepEqual(readFileSync(path), content)
  })

  it('tells a key in the database’s place that is no blob, and recalls the rest', async test => {
    const setting = createSetting()
    const base = scratch(test)
    await archiveVolume(setting.archive, openVolume(copyTree('lawn', join(base, 'blobs'))))
    const content = Buffer.from('left by somebody')
    const facts = {
      size: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      contentType: 'text/plain',
    }
    await setting.bucket.put('blobs/main/0x04d2/notes.txt', facts, { open: () => content })
    const { outcomes, failures } = await recallAll(setting, plantVolume(join(base, 'copy')).directory)
    assert.equal(outcomes.recalled?.blobs, trueBlobs('lawn').length)
    assert.deepEqual(failures, { BLOB_CONFLICT: 1 })
  })

  it('gives recalled files ZODB’s mode and leaves nothing of the transfer behind', async test => {
    const setting = createSetting()
    const directory = copyTree('lawn', join(scratch(test), 'blobs'))
    await archiveVolume(setting.archive, openVolume(directory), { release: AT_ONCE })
    await recallAll(setting, directory)
    for (const { path } of trueBlobs('lawn')) assert.equal(statSync(join(directory, path)).mode & 0o222, 0)
    assert.deepEqual(readdirSync(join(directory, '.nice-blobs/incoming')), [])
    assert.deepEqual(readdirSync(join(directory, '.nice-blobs/releasing')), [])
  })
})

async function oneArchived(test: Parameters<typeof scratch>[0], content = 'the blob') {
  const setting = createSetting()
  const volume = plantVolume(join(scratch(test), 'blobs'))
  const ref = refNumber(1)
  const path = plantBlob(volume, ref, content)
  const { row } = await archiveBlob(setting.archive, ref, path)
  return { ...setting, volume, ref, path, row, key: blobKey('main', ref) }
}

const asidePath = ({ asideDirectory }: Volume, { oid, tid }: Ref) =>
  join(asideDirectory, `${oid}-${tid}.01234567-89ab-4def-8123-456789abcdef.blob`)

function writeMark({ directory }: Volume, name: string): string {
  const mark = join(directory, '.nice-blobs', name)
  mkdirSync(dirname(mark), { recursive: true })
  writeFileSync(mark, '')
  return mark
}

const asideOf = ({ asideDirectory }: Volume) =>
  existsSync(asideDirectory) ? readdirSync(asideDirectory) : []

describe('release (I1)', () => {
  it('waits for the release delay', async test => {
    const { archive, volume, row, path } = await oneArchived(test)
    assert.equal(await releaseBlob(archive, volume, row, { delay: DAY }), 'within the release delay')
    assert.ok(existsSync(path))
    const later = { ...archive, now: () => Date.now() + DAY }
    assert.equal(await releaseBlob(later, volume, row, { delay: DAY }), 'released')
    assert.ok(!existsSync(path))
  })

  it('waits for that of the object which is there, though the row is of an older one', async test => {
    const { archive, bucket, volume, row, path, key } = await oneArchived(test)
    const object = bucket.versions.get(key)?.at(-1)?.object
    const past = { ...row, archivedAt: row.archivedAt - DAY }
    bucket.mark(key)
    bucket.add(key, object)
    assert.equal(await releaseBlob(archive, volume, past, { delay: DAY }), 'within the release delay')
    assert.ok(existsSync(path))
  })

  it('keeps what is condemned, sweeping or swept', async test => {
    const { archive, volume, row, path } = await oneArchived(test)
    for (const state of ['condemned', 'sweeping', 'swept'] as const) {
      assert.equal(await releaseBlob(archive, volume, { ...row, state }, AT_ONCE), 'not archived')
    }
    assert.ok(existsSync(path))
  })

  it('keeps everything while ZODB packs the volume', async test => {
    const { archive, volume, row, path } = await oneArchived(test)
    writeFileSync(join(volume.directory, '.removed'), '')
    assert.equal(await releaseBlob(archive, volume, row, AT_ONCE), 'the volume is packing')
    assert.ok(existsSync(path))
  })

  const marks = {
    'the volume is packing': { name: 'packing/some-uuid', holds: PACKING_HOLDS },
    'an undo needs it': { name: 'pinned/0000000000000001', holds: PIN_HOLDS },
  }
  for (const [hold, { name, holds }] of Object.entries(marks)) {
    it(`keeps a blob while ${hold}, and for no longer than the mark holds`, async test => {
      const { archive, volume, row, path } = await oneArchived(test)
      const mark = writeMark(volume, name)
      assert.equal(await releaseBlob(archive, volume, row, AT_ONCE), hold)
      assert.ok(existsSync(path))
      utimesSync(mark, new Date(), new Date(Date.now() - holds - 1))
      assert.equal(await releaseBlob(archive, volume, row, AT_ONCE), 'released')
      assert.ok(!existsSync(path))
    })

    it(`keeps a blob that is marked while its release begins: ${hold}`, async test => {
      const { archive, volume, row, path } = await oneArchived(test)
      const { bucket } = archive
      const head = async (key: string) => {
        writeMark(volume, name)
        return bucket.head(key)
      }
      assert.equal(await releaseBlob({ ...archive, bucket: { ...bucket, head } }, volume, row, AT_ONCE), hold)
      assert.equal(readFileSync(path, 'utf8'), 'the blob')
      assert.deepEqual(asideOf(volume), [])
      assert.deepEqual(readdirSync(join(volume.directory, '.nice-blobs/announced')), [])
    })
  }

  it('is announced before the last look for a mark, until the file is gone', async test => {
    const { archive, volume, row } = await oneArchived(test)
    const { bucket } = archive
    const announced = join(volume.directory, '.nice-blobs/announced')
    const seen: string[][] = []
    const head = async (key: string) => {
      seen.push(existsSync(announced) ? readdirSync(announced) : [])
      return bucket.head(key)
    }
    assert.equal(
      await releaseBlob({ ...archive, bucket: { ...bucket, head } }, volume, row, AT_ONCE),
      'released',
    )
    assert.deepEqual(seen[0], [])
    assert.match(String(seen.at(-1)), /^0000000000000001-[0-9a-f]{16}\.[0-9a-f-]{36}$/)
    assert.deepEqual(readdirSync(announced), [])
  })

  it('is not kept from releasing one object by the pin of another', async test => {
    const { archive, volume, row } = await oneArchived(test)
    writeMark(volume, 'pinned/0000000000000002')
    assert.equal(await releaseBlob(archive, volume, row, AT_ONCE), 'released')
  })

  const harms: [string, (given: Awaited<ReturnType<typeof oneArchived>>) => void][] = [
    ['the object is marked as deleted', ({ bucket, key }) => bucket.mark(key)],
    [
      'the object has other bytes of the same size',
      ({ bucket, key }) => bucket.damage(key, Buffer.from('the blub')),
    ],
    ['the object is shorter', ({ bucket, key }) => bucket.damage(key, Buffer.from('the'))],
    ['the local file is another one now', ({ path }) => writeFileSync(path, 'THE BLOB')],
  ]
  for (const [when, harm] of harms) {
    it(`keeps the file when ${when}`, async test => {
      const given = await oneArchived(test)
      harm(given)
      const before = readFileSync(given.path)
      // Somebody else's version: the verified one is not current any more.
      const row = { ...given.row, versionId: 'another' }
      await assert.rejects(releaseBlob(given.archive, given.volume, row, AT_ONCE), { code: 'BLOB_CONFLICT' })
      assert.deepEqual(readFileSync(given.path), before)
      assert.deepEqual(asideOf(given.volume), [])
    })
  }

  it('keeps the file in its place when the bucket cannot be asked (I11)', async test => {
    const { archive, bucket, volume, row, path } = await oneArchived(test)
    bucket.failWith(new Error('outage'))
    await assert.rejects(releaseBlob(archive, volume, row, AT_ONCE), /outage/)
    assert.ok(existsSync(path))
  })

  it('brings back what a run that was killed had moved aside (I8)', async test => {
    const { archive, volume, row, path } = await oneArchived(test)
    mkdirSync(volume.asideDirectory, { recursive: true })
    renameSync(path, asidePath(volume, row))
    await archiveVolume(archive, volume)
    assert.equal(readFileSync(path, 'utf8'), 'the blob')
    assert.deepEqual(readdirSync(volume.asideDirectory), [])
  })

  it('drops what stands aside when its name has the same bytes again, and keeps both when it has others', async test => {
    const { archive, volume, row, path } = await oneArchived(test)
    mkdirSync(volume.asideDirectory, { recursive: true })
    writeFileSync(asidePath(volume, row), 'the blob')
    await archiveVolume(archive, volume)
    assert.deepEqual(readdirSync(volume.asideDirectory), [])
    writeFileSync(asidePath(volume, row), 'THE BLOB')
    const { errors, summary } = await archiveVolume(archive, volume)
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['BLOB_CONFLICT'],
    )
    assert.equal(summary.outcomes['archived before']?.blobs, 1)
    assert.equal(readFileSync(path, 'utf8'), 'the blob')
    assert.equal(readFileSync(asidePath(volume, row), 'utf8'), 'THE BLOB')
  })

  it('removes an oid’s own directory once it has been empty for a day, and no other', async test => {
    const { archive, volume, row, path } = await oneArchived(test)
    await releaseBlob(archive, volume, row, AT_ONCE)
    await archiveVolume(archive, volume, { release: AT_ONCE })
    assert.ok(existsSync(dirname(path)))
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400
    utimesSync(dirname(path), twoDaysAgo, twoDaysAgo)
    await archiveVolume(archive, volume, { release: AT_ONCE })
    assert.ok(!existsSync(dirname(path)))
    assert.ok(existsSync(dirname(dirname(path))))
  })

  it('frees a file that ZODB’s pack keeps a hard link to, without touching that link', async test => {
    const { archive, volume, row, path } = await oneArchived(test)
    const kept = join(volume.directory, '..', 'blobs.old')
    linkSync(path, kept)
    assert.equal(await releaseBlob(archive, volume, row, AT_ONCE), 'released')
    assert.equal(readFileSync(kept, 'utf8'), 'the blob')
  })
})

describe('release where the replica is waited for (I1)', () => {
  const REPLICATED = { ...AT_ONCE, replicated: true }
  const outcomes = {
    pending: 'not replicated yet',
    failed: 'replication failed',
    none: 'in no replica',
  } as const
  const statusOf = (name: keyof typeof outcomes) => (name === 'none' ? undefined : name)

  for (const name of ['pending', 'failed', 'none'] as const) {
    it(`moves nothing while the object says: ${name}`, async test => {
      const { archive, bucket, volume, row, path } = await oneArchived(test)
      bucket.replicate(statusOf(name))
      assert.equal(await releaseBlob(archive, volume, row, REPLICATED), outcomes[name])
      assert.equal(readFileSync(path, 'utf8'), 'the blob')
      assert.ok(!existsSync(volume.asideDirectory))
      bucket.replicate('completed')
      assert.equal(await releaseBlob(archive, volume, row, REPLICATED), 'released')
      assert.ok(!existsSync(path))
    })

    it(`returns the file when the object says at the last look: ${name}`, async test => {
      const { archive, bucket, volume, row, path } = await oneArchived(test)
      bucket.replicate('completed')
      const head = async (key: string) => {
        if (asideOf(volume).length > 0) bucket.replicate(statusOf(name))
        return bucket.head(key)
      }
      const changing = { ...archive, bucket: { ...bucket, head } }
      assert.equal(await releaseBlob(changing, volume, row, REPLICATED), outcomes[name])
      assert.equal(readFileSync(path, 'utf8'), 'the blob')
      assert.deepEqual(asideOf(volume), [])
      assert.deepEqual(readdirSync(join(volume.directory, '.nice-blobs/announced')), [])
    })
  }

  it('asks nothing of the replica where it is not waited for', async test => {
    const { archive, bucket, volume, row } = await oneArchived(test)
    bucket.replicate('failed')
    assert.equal(await releaseBlob(archive, volume, row, AT_ONCE), 'released')
  })

  it('tells of a run what it has left and why', async test => {
    const { archive, bucket, volume } = await oneArchived(test)
    bucket.replicate('pending')
    const { summary, errors } = await archiveVolume(archive, volume, { release: REPLICATED })
    assert.equal(summary.outcomes['not replicated yet']?.blobs, 1)
    assert.deepEqual(errors, [])
  })
})

describe('archive (I3)', () => {
  it('takes a key with the same bytes for done and one with other bytes for a conflict, keeping both', async test => {
    const { archive, bucket, index, volume, ref, path, key } = await oneArchived(test)
    index.rows.clear()
    assert.equal((await archiveBlob(archive, ref, path)).outcome, 'present')
    index.rows.clear()
    writeFileSync(path, 'THE BLOB')
    const { errors } = await archiveVolume(archive, volume, { release: AT_ONCE })
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['BLOB_CONFLICT'],
    )
    assert.equal(readFileSync(path, 'utf8'), 'THE BLOB')
    assert.equal(bucket.versions.get(key)?.at(-1)?.object?.content.toString(), 'the blob')
    assert.equal(index.rows.size, 0)
  })

  it('does not believe the metadata of an object whose bytes are wrong', async test => {
    const { archive, bucket, index, ref, path, key } = await oneArchived(test)
    index.rows.clear()
    bucket.damage(key, Buffer.from('the blub'))
    await assert.rejects(archiveBlob(archive, ref, path), { code: 'BLOB_CONFLICT' })
    assert.equal(index.rows.size, 0)
  })

  it('reports a row that knows other bytes under the ref', async test => {
    const { archive, index, ref, path, row } = await oneArchived(test)
    index.rows.set(`main#${ref.oid}${ref.tid}`, { ...row, sha256: '0'.repeat(64) })
    await assert.rejects(archiveBlob(archive, ref, path), { code: 'BLOB_CONFLICT' })
  })

  it('leaves a condemned row condemned, waits for a sweeping one and takes over a swept one', async test => {
    const { archive, index, ref, path, row } = await oneArchived(test)
    const name = `main#${ref.oid}${ref.tid}`
    index.rows.set(name, { ...row, state: 'condemned' })
    assert.equal((await archiveBlob(archive, ref, path)).row.state, 'condemned')
    index.rows.set(name, { ...row, state: 'sweeping' })
    await assert.rejects(archiveBlob(archive, ref, path), { code: 'BLOB_BUSY' })
    assert.equal(index.rows.get(name)?.state, 'sweeping')
    index.rows.set(name, { ...row, state: 'swept' })
    assert.equal((await archiveBlob(archive, ref, path)).row.state, 'archived')
    assert.equal(index.rows.get(name)?.state, 'archived')
  })
})
