import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { archiveBlob } from '../../core/archive.ts'
import { blobKey } from '../../core/model/key.ts'
import type { BlobVersions } from '../../core/ports.ts'
import { releaseBlob } from '../../core/release.ts'
import { AT_ONCE, plantBlob, plantVolume } from './setting.ts'
import { createSweepSetting, DAY, LIFE, requireSwept, requireUntouched } from './sweep-setting.ts'

/** The sweeper and an archiver, a second sweeper, or a report, each between two steps of the other. */

/** A blob that is due, and still in a volume: as after a restore that nobody told of, or a volume that was away. */
async function dueAndInVolume(test: TestContext) {
  const setting = createSweepSetting(test)
  const dead = await setting.addBlob(1)
  await setting.makeDue([dead])
  const volume = plantVolume(join(setting.directory, 'blobs'))
  const path = plantBlob(volume, dead, 'blob 1')
  const archiveAgain = (archive = setting.archive) => archiveBlob(archive, dead, path)
  const release = async () => {
    const row = setting.rowOf(dead)
    assert.ok(row)
    return releaseBlob(setting.archive, volume, row, AT_ONCE)
  }
  /** The sweeper, with something happening at one of its steps. */
  const sweepWhile = (versions: Partial<BlobVersions>) =>
    setting.sweep({}, { ...setting.stores, versions: { ...setting.versions, ...versions } })
  const requireBack = async () => {
    assert.equal(setting.rowOf(dead)?.state, 'archived')
    assert.equal((await setting.bucket.head(key))?.versionId, setting.rowOf(dead)?.versionId)
    assert.equal(setting.rowOf(dead)?.condemnedBy, undefined)
  }
  const key = blobKey('main', dead)
  return { ...setting, dead, key, path, archiveAgain, release, sweepWhile, requireBack }
}

type Setting = Awaited<ReturnType<typeof dueAndInVolume>>

/** Whatever happened, the bytes are in the volume, or current in the bucket (I1). */
async function requireBytes({ bucket, key, path }: Setting): Promise<void> {
  const inVolume = readOr(path) === 'blob 1'
  assert.ok(inVolume || (await bucket.head(key)), 'the blob is nowhere')
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

describe('an archiver meets the sweeper', () => {
  it('before the marker: it waits, and puts the blob again above it (I1)', async test => {
    const setting = await dueAndInVolume(test)
    const { archiveAgain, release, sweepWhile, versions, dead, requireBack } = setting
    const sweep = await sweepWhile({
      mark: async key => {
        await assert.rejects(archiveAgain(), { code: 'BLOB_BUSY' })
        assert.equal(await release(), 'not archived')
        return versions.mark(key)
      },
    })
    assert.deepEqual([sweep.ended, sweep.swept.blobs], ['worked off', 1])
    await requireSwept(setting, dead)
    assert.equal((await archiveAgain()).outcome, 'archived')
    await requireBack()
    assert.equal(await release(), 'released')
    await requireBytes(setting)
  })

  it('after the marker: it puts the blob again, and the sweeper leaves that alone (I1)', async test => {
    const setting = await dueAndInVolume(test)
    const { archiveAgain, release, sweepWhile, versions, stateOf, dead, requireBack } = setting
    const sweep = await sweepWhile({
      mark: async key => {
        const marked = await versions.mark(key)
        await assert.rejects(archiveAgain(), { code: 'BLOB_BUSY' })
        return marked
      },
    })
    assert.deepEqual([sweep.ended, sweep.swept.blobs], ['worked off', 1])
    assert.equal(stateOf(dead), 'swept')
    assert.equal((await archiveAgain()).outcome, 'present')
    await requireBack()
    assert.deepEqual((await setting.sweep()).swept.blobs, 0)
    assert.equal(await release(), 'released')
    await requireBytes(setting)
  })

  it('after it has looked at the object: it does not take it for archived (I1)', async test => {
    const setting = await dueAndInVolume(test)
    const { archiveAgain, archive, index, sweep, stateOf, dead, requireBack } = setting
    const lateInsert: typeof index.insert = async row => {
      await sweep()
      return index.insert(row)
    }
    const late = { ...archive, index: { ...index, insert: lateInsert } }
    await assert.rejects(archiveAgain(late), { code: 'BLOB_BUSY' })
    assert.equal(stateOf(dead), 'swept')
    await archiveAgain()
    await requireBack()
    await requireBytes(setting)
  })

  it('that comes back after its time and marks what was put again: nothing is released (I1)', async test => {
    const setting = await dueAndInVolume(test)
    const { archiveAgain, release, sweepWhile, versions, sweep, time, stateOf, rowOf, dead } = setting
    const stale = await sweepWhile({
      mark: async key => {
        time.now += LIFE + DAY
        assert.equal((await sweep()).swept.blobs, 1)
        await archiveAgain()
        return versions.mark(key)
      },
    })
    assert.deepEqual([stale.changed, stale.swept.blobs], [1, 0])
    assert.equal(stateOf(dead), 'archived')
    await assert.rejects(release(), { code: 'BLOB_CONFLICT' })
    await requireBytes(setting)
    const versionId = rowOf(dead)?.versionId ?? ''
    assert.ok(await versions.head(setting.key, versionId), 'and it can be undeleted')
  })
})

describe('two sweepers', () => {
  it('never work at once (I8)', async test => {
    const { sweepWhile, versions, run } = await dueAndInVolume(test)
    const sweep = await sweepWhile({
      mark: async key => {
        await assert.rejects(run(), { code: 'SWEEP_BUSY' })
        return versions.mark(key)
      },
    })
    assert.equal(sweep.swept.blobs, 1)
    await run()
  })

  it('and where the first lives too long, place one marker between them (I8)', async test => {
    const setting = await dueAndInVolume(test)
    const { sweepWhile, versions, sweep, time, dead } = setting
    const swept: number[] = []
    const first = await sweepWhile({
      mark: async key => {
        time.now += LIFE + DAY
        swept.push((await sweep()).swept.blobs)
        return versions.mark(key)
      },
    })
    assert.deepEqual([...swept, first.swept.blobs, first.oddities.length], [1, 0, 0])
    await requireSwept(setting, dead)
  })
})

describe('a report that comes while the sweeper works', () => {
  it('ends that, when it may name what the last one does not (I4)', async test => {
    const setting = createSweepSetting(test)
    const dead = await setting.addBlob(1)
    const later = await setting.addBlob(2)
    await setting.makeDue([dead, later])
    const { mark } = setting.versions
    const versions = {
      ...setting.versions,
      mark: async (key: string) => {
        setting.time.now += 1000
        await setting.addReport([dead, later], { state: 'counting' })
        return mark(key)
      },
    }
    const sweep = await setting.sweep({}, { ...setting.stores, versions })
    assert.deepEqual([sweep.ended, sweep.swept.blobs], ['changed', 1])
    await requireSwept(setting, dead)
    await requireUntouched(setting, later)
  })

  it('and one that revives a blob between reading and writing its row keeps it (I4)', async test => {
    const setting = await dueAndInVolume(test)
    const { index, stores, dead } = setting
    const before = index.replace
    const replace: typeof index.replace = async (row, after) => {
      const current = setting.rowOf(dead)
      assert.ok(current)
      const { condemnedBy, condemnedIn, condemnedAt, ...alive } = current
      await before(current, { ...alive, state: 'archived' })
      return before(row, after)
    }
    const sweep = await setting.sweep({}, { ...stores, index: { ...index, replace } })
    assert.deepEqual([sweep.changed, sweep.swept.blobs], [1, 0])
    await requireUntouched(setting, dead)
  })
})
