import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { archiveBlob } from '../../core/archive.ts'
import { planVolume } from '../../core/archive-run.ts'
import { blobKey } from '../../core/model/key.ts'
import { lawn } from '../../core/model/layout/lawn.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { splitWork } from '../../core/volume/walk.ts'
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
} from './setting.ts'

const NOBODY = 65_534

function planted(test: Parameters<typeof scratch>[0]) {
  const setting = createSetting()
  const volume = plantVolume(join(scratch(test), 'blobs'))
  const ref = refNumber(7)
  const path = volume.pathOf(ref)
  mkdirSync(dirname(path), { recursive: true })
  return { ...setting, volume, ref, path, key: blobKey('main', ref) }
}

describe('what is no plain file under a blob’s name', () => {
  const kinds: [string, string, (path: string, base: string) => void][] = [
    [
      'a symlink',
      'symlink',
      (path, base) => {
        writeFileSync(join(base, 'secret'), 'not a blob')
        symlinkSync(join(base, 'secret'), path)
      },
    ],
    ['a FIFO', 'not a file', path => execFileSync('mkfifo', [path])],
    ['a directory', 'not a file', path => mkdirSync(path)],
  ]
  for (const [kind, what, make] of kinds) {
    it(`${kind} is never archived, neither by the plan nor when it comes in between`, async test => {
      const { archive, bucket, volume, ref, path } = planted(test)
      make(path, join(volume.directory, '..'))
      const plan = await planVolume(volume, EVERYTHING, Date.now())
      assert.deepEqual(plan.due, [])
      assert.deepEqual(
        plan.strangers.map(stranger => stranger.what),
        [what],
      )
      await assert.rejects(archiveBlob(archive, ref, path), { code: 'SOURCE_NOT_A_FILE' })
      assert.equal(bucket.versions.size, 0)
      assert.ok(existsSync(path))
    })
  }
})

describe('files that cannot be archived', () => {
  it('a name that is no ref is told and left alone', async test => {
    const { archive, volume, path } = planted(test)
    for (const name of ['notes.txt', '0x03D167F919308700.blob', '0x.blob', 'a.blob'])
      writeFileSync(join(dirname(path), name), 'x')
    writeFileSync(join(volume.directory, '0x00', 'stray'), 'x')
    const plan = await planVolume(volume, EVERYTHING, Date.now())
    assert.equal(plan.strangers.length, 5)
    for (const { what } of plan.strangers) assert.equal(what, 'foreign')
    assert.deepEqual((await archiveVolume(archive, volume, { release: AT_ONCE })).summary.outcomes, {})
    for (const { path } of plan.strangers) assert.ok(existsSync(join(volume.directory, path)))
  })

  it('an empty file stays, unless empty blobs are wanted', async test => {
    const { archive, bucket, volume, ref, path, key } = planted(test)
    plantBlob(volume, ref, '')
    const plan = await planVolume(volume, EVERYTHING, Date.now())
    assert.deepEqual(plan.kept, { empty: { blobs: 1, bytes: 0 } })
    await archiveVolume(archive, volume, { release: AT_ONCE, policy: { ...EVERYTHING, allowEmpty: true } })
    assert.equal((await bucket.head(key))?.size, 0)
    assert.ok(!existsSync(path))
  })

  it('an unreadable file is told, stays, and does not keep the others from being archived', async test => {
    const { archive, volume, ref } = planted(test)
    const path = plantBlob(volume, ref, 'unreadable')
    for (const number of [8, 9]) plantBlob(volume, refNumber(number), `blob ${number}`)
    chmodSync(path, 0o000)
    const root = process.getuid?.() === 0
    if (root) chmodSync(join(volume.directory, '..'), 0o755)
    if (root) process.seteuid?.(NOBODY)
    try {
      const { summary, errors } = await archiveVolume(archive, volume)
      assert.equal(summary.outcomes.archived?.blobs, 2)
      assert.deepEqual(
        errors.map(({ code, subject }) => [code, subject]),
        [['SOURCE_UNREADABLE', path]],
      )
    } finally {
      if (root) process.seteuid?.(0)
    }
    assert.ok(existsSync(path))
  })

  it('an unreadable directory below is told', async test => {
    const { volume, ref, path } = planted(test)
    plantBlob(volume, ref, 'hidden')
    chmodSync(dirname(path), 0o000)
    const root = process.getuid?.() === 0
    if (root) process.seteuid?.(NOBODY)
    try {
      if (root) process.seteuid?.(0)
      chmodSync(join(volume.directory, '..'), 0o755)
      if (root) process.seteuid?.(NOBODY)
      const plan = await planVolume(volume, EVERYTHING, Date.now())
      assert.deepEqual(
        plan.strangers.map(({ what }) => what),
        ['unreadable'],
      )
    } finally {
      if (root) process.seteuid?.(0)
      chmodSync(dirname(path), 0o700)
    }
  })

  it('a zeocache directory is another program’s: nothing is archived from it, nothing released', async test => {
    const { archive } = createSetting()
    const volume = openVolume(copyTree('zeocache', join(scratch(test), 'cache')))
    const plan = await planVolume(volume, EVERYTHING, Date.now())
    assert.ok(plan.due.length > 5)
    assert.deepEqual(plan.strangers, [])
    await assert.rejects(archiveVolume(archive, volume), { code: 'LAYOUT_NOT_OURS' })
  })

  it('a directory that is not there is an error of its own', () => {
    assert.throws(() => openVolume('/no/such/directory'), { code: 'DIRECTORY_UNREADABLE' })
  })
})

/** A bucket during whose upload something happens to the file. */
function during(bucket: BlobBucket, happens: () => void, when: 'before' | 'after'): BlobBucket {
  return {
    ...bucket,
    async put(...words) {
      if (when === 'before') happens()
      const result = await bucket.put(...words)
      if (when === 'after') happens()
      return result
    },
  }
}

describe('a file that is not left alone during its upload', () => {
  const large = Buffer.alloc(3 * 2 ** 20, 'large blob ')
  const harms: [string, string, (path: string) => void][] = [
    ['grows', 'SOURCE_CHANGED', path => appendFileSync(path, 'more')],
    ['shrinks', 'SOURCE_CHANGED', path => truncateSync(path, 100)],
    [
      'gets other bytes',
      'SOURCE_CHANGED',
      path => writeFileSync(path, Buffer.alloc(large.length, 'other bytes')),
    ],
    [
      'is replaced',
      'SOURCE_CHANGED',
      path => {
        writeFileSync(`${path}.new`, large)
        renameSync(`${path}.new`, path)
      },
    ],
    ['vanishes', 'SOURCE_VANISHED', path => renameSync(path, `${path}.gone`)],
  ]
  for (const [what, code, harm] of harms) {
    for (const when of ['before', 'after'] as const) {
      it(`is not recorded when it ${what} ${when} the transfer (I1, I3)`, async test => {
        const { archive, bucket, index, volume, ref, path, key } = planted(test)
        plantBlob(volume, ref, large)
        const harmed = { ...archive, bucket: during(bucket, () => harm(path), when) }
        await assert.rejects(archiveBlob(harmed, ref, path), (error: { code: string }) => {
          // Renaming away changes nothing for whoever holds the file; only the last look at its path tells.
          assert.ok([code, 'SOURCE_CHANGED'].includes(error.code), error.code)
          return true
        })
        assert.equal(index.rows.size, 0)
        const stored = bucket.versions.get(key)?.at(-1)?.object?.content
        assert.ok(stored === undefined || stored.equals(large), 'never anything but what was hashed')
        const files = [path, `${path}.gone`].filter(existsSync)
        assert.equal(files.length, 1)
        assert.ok(readFileSync(files[0] ?? '').length > 0)
      })
    }
  }
})

const LAWN = 130_000

describe('a very large volume', () => {
  it('may be a lawn with more directories than a call takes arguments', test => {
    // On a memory disk where there is one: making as many directories takes half a minute elsewhere.
    const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'nice-blobs-test-'))
    test.after(() => rmSync(directory, { recursive: true, force: true }))
    for (let number = 0; number < LAWN; number += 1) {
      mkdirSync(`${directory}/${dirname(lawn.format(refNumber(number)))}`)
    }
    const unexpected = () => assert.fail('there are directories only')
    const visit = { blob: unexpected, stranger: unexpected, emptyLeaf: unexpected }
    assert.equal(splitWork(directory, lawn, 256, visit).paths.length, LAWN)
  })
})
