import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Blobs, createBlobs } from '../../client/read/blobs.ts'
import { createCache } from '../../client/read/cache/cache.ts'
import { refuseForeign } from '../../client/read/cache/own-directory.ts'
import { OWN_NAME } from '../../client/read/cache/process-name.ts'
import { archiveBlob } from '../../core/archive.ts'
import { blobKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { releaseBlob } from '../../core/release.ts'
import { openFilesBelow } from './open-files.ts'
import { AT_ONCE, createSetting, plantBlob, plantVolume, refNumber, scratch } from './setting.ts'

const SIZE = 1000
const contentOf = (number: number) => Buffer.alloc(SIZE, number)

/** Archived blobs of 1,000 bytes each, of which the cache takes `room`; by default what is in it is not in use. */
async function stocked(test: TestContext, { room = 3, inUse = 0, blobs: count = 8 } = {}) {
  const setting = createSetting()
  const base = scratch(test)
  const volume = plantVolume(join(base, 'volume'))
  for (let number = 1; number <= count; number += 1) {
    const path = plantBlob(volume, refNumber(number), contentOf(number))
    await archiveBlob(setting.archive, refNumber(number), path)
    rmSync(path)
  }
  const gets: string[] = []
  const bucket = {
    ...setting.bucket,
    get: (key: string) => {
      gets.push(key)
      return setting.bucket.get(key)
    },
  }
  const directory = join(base, 'cache')
  const troubles: unknown[] = []
  const open = (limit = room * SIZE) => {
    const cache = createCache({ directory, limit, inUse }, 'some-bucket', 'main')
    const tell = (trouble: unknown) => troubles.push(trouble)
    return createBlobs({ database: 'main', volumes: [volume], cache, bucket, tell })
  }
  return { ...setting, base, volume, directory, gets, troubles, open, blobs: open() }
}

async function read(blobs: Blobs, number: number): Promise<void> {
  const file = await blobs.open(refNumber(number))
  try {
    assert.deepEqual(await file.readFile(), contentOf(number))
  } finally {
    await file.close()
  }
}

function cachedBytes(directory: string): number {
  return readdirSync(join(directory, 'v1'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.blob') || name.endsWith('.tmp'))
    .map(name => lstatSync(join(directory, 'v1', name)))
    .reduce((bytes, stats) => bytes + (stats.isFile() ? stats.size : 0), 0)
}

/** As if the file had last been used long ago. */
function forget(path: string): void {
  utimesSync(path, 0, statSync(path).mtime)
}

const onlyHit = async (blobs: Blobs, ref: Ref) => (await blobs.locate(ref)).tier === 'cache'

describe('the cache', () => {
  it('stays within its limit, whatever is read (I7)', async test => {
    const { blobs, directory } = await stocked(test)
    for (let i = 0; i < 40; i += 1) {
      await read(blobs, 1 + ((i * 5) % 8))
      assert.ok(cachedBytes(directory) <= 3 * SIZE)
    }
    assert.ok(cachedBytes(directory) >= SIZE)
  })

  it('evicts nothing that was used in the last minute; what does not fit only passes (I7)', async test => {
    const { blobs, directory, gets } = await stocked(test, { inUse: 120_000 })
    for (const number of [1, 2, 3, 4, 5, 4]) await read(blobs, number)
    assert.equal(cachedBytes(directory), 3 * SIZE)
    assert.equal(gets.length, 6)
    for (const number of [1, 2, 3]) assert.ok(await onlyHit(blobs, refNumber(number)))
  })

  it('gives a path even to what does not fit, for as long as it is in use (I7)', async test => {
    const { open, directory } = await stocked(test, { room: 0, inUse: 120_000 })
    const path = await open(10).path(refNumber(1))
    assert.deepEqual(readFileSync(path), contentOf(1))
    forget(path)
    await open(10).path(refNumber(2))
    assert.ok(!existsSync(path))
    assert.equal(cachedBytes(directory), SIZE)
  })

  it('keeps what was used again and lets go what was read once, as by a crawler', async test => {
    const { blobs, directory } = await stocked(test)
    for (const number of [1, 2, 3]) await read(blobs, number)
    const hot = await blobs.path(refNumber(1))
    utimesSync(hot, Date.now() / 1000 + 3600, statSync(hot).mtime)
    for (const number of [4, 5, 6, 7, 8]) await read(blobs, number)
    assert.ok(existsSync(hot))
    assert.ok(cachedBytes(directory) <= 3 * SIZE)
  })

  it('is fetched into once, however many readers of how many processes ask', async test => {
    const { open, gets } = await stocked(test)
    const readers = Array.from({ length: 8 }, () => open())
    await Promise.all(readers.map(reader => read(reader, 1)))
    assert.deepEqual(gets.length, 1)
  })

  it('notes a use at most once a minute and writes nothing otherwise', async test => {
    const { blobs } = await stocked(test)
    const path = await blobs.path(refNumber(1))
    const { atimeMs } = statSync(path)
    await blobs.path(refNumber(1))
    assert.equal(statSync(path).atimeMs, atimeMs)
    forget(path)
    const { mtimeMs } = statSync(path)
    await blobs.path(refNumber(1))
    assert.ok(Date.now() - statSync(path).atimeMs < 60_000)
    assert.equal(statSync(path).mtimeMs, mtimeMs)
  })

  it('holds no file open once it is closed, and opens it again for a later read', async test => {
    const { blobs, directory } = await stocked(test, { blobs: 2 })
    await read(blobs, 1)
    assert.notDeepEqual(openFilesBelow(directory), [])
    blobs.close()
    assert.deepEqual(openFilesBelow(directory), [])
    await read(blobs, 2)
    blobs.close()
    blobs.close()
    assert.deepEqual(openFilesBelow(directory), [])
  })

  it('refuses a directory that has something else in it, or that others may write into', test => {
    const base = scratch(test)
    writeFileSync(join(base, 'thesis.tex'), 'only copy')
    assert.throws(() => refuseForeign(base), { code: 'CACHE_NOT_OURS' })
    assert.equal(readFileSync(join(base, 'thesis.tex'), 'utf8'), 'only copy')
    const open = join(base, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    assert.throws(() => refuseForeign(open), { code: 'CACHE_NOT_OURS' })
  })

  it('streams past a directory that is not its own, and leaves it alone', async test => {
    const { blobs, directory, troubles } = await stocked(test)
    mkdirSync(directory)
    writeFileSync(join(directory, 'thesis.tex'), 'only copy')
    await read(blobs, 1)
    assert.deepEqual(readdirSync(directory), ['thesis.tex'])
    assert.equal((troubles[0] as NodeJS.ErrnoException).code, 'CACHE_NOT_OURS')
  })
})

describe('a stream', () => {
  it('streams past every disk, and ends only when the bytes are right (I2, I7)', async test => {
    const { blobs, bucket, directory, archive, volume } = await stocked(test)
    writeFileSync(directory, 'no directory')
    const { TMPDIR } = process.env
    process.env.TMPDIR = join(directory, 'nowhere')
    test.after(() => {
      if (TMPDIR === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = TMPDIR
    })
    await assert.rejects(blobs.open(refNumber(1)), { code: 'CACHE_UNUSABLE' })
    await assert.rejects(blobs.path(refNumber(1)), { code: 'CACHE_UNUSABLE' })
    const parts: Buffer[] = await (await blobs.stream(refNumber(1))).toArray()
    assert.deepEqual(Buffer.concat(parts), contentOf(1))

    const large = Buffer.alloc(300_000, 'large')
    const ref = refNumber(50)
    const path = plantBlob(volume, ref, large)
    await archiveBlob(archive, ref, path)
    rmSync(path)
    const damaged = Buffer.from(large)
    damaged[299_999] = 0
    bucket.damage(blobKey('main', ref), damaged)
    let received = 0
    const reading = (async () => {
      for await (const chunk of await blobs.stream(ref)) received += chunk.length
    })()
    await assert.rejects(reading, { code: 'BLOB_DAMAGED' })
    assert.ok(received < 300_000, 'the last chunk was held back')
  })
})

describe('the ledger', () => {
  const harms: [string, (ledger: string) => void][] = [
    ['is lost', ledger => rmSync(ledger)],
    [
      'is lost with its log',
      ledger => {
        for (const end of ['', '-wal', '-shm']) rmSync(ledger + end, { force: true })
      },
    ],
    ['is garbage', ledger => writeFileSync(ledger, 'x'.repeat(10_000))],
    ['is cut short', ledger => truncateSync(ledger, 1000)],
    ['is empty', ledger => truncateSync(ledger)],
  ]
  for (const [what, harm] of harms) {
    for (const when of ['before a start', 'while it is in use']) {
      it(`is made again from what is there when it ${what} ${when} (I7)`, async test => {
        const { open, directory, gets } = await stocked(test)
        let blobs = open()
        for (const number of [1, 2, 3]) await read(blobs, number)
        if (when === 'before a start') checkpoint(directory)
        harm(join(directory, 'v1/.ledger.sqlite'))
        if (when === 'before a start') blobs = open()
        for (const number of [1, 2, 3]) assert.ok(await onlyHit(blobs, refNumber(number)))
        for (const number of [4, 5, 6, 7, 8]) {
          await read(blobs, number)
          assert.ok(cachedBytes(directory) <= 3 * SIZE, `${cachedBytes(directory)} bytes`)
        }
        assert.equal(gets.length, 8)
      })
    }
  }

  it('counts what a process published a moment before it was killed', async test => {
    const { open, directory } = await stocked(test)
    await read(open(), 1)
    const ledger = new DatabaseSync(join(directory, 'v1/.ledger.sqlite'))
    const dead = JSON.stringify({ owner: { place: 'another boot', pid: 1, started: '1' }, since: 1 })
    ledger.prepare('UPDATE blob SET claim = ?, owner = ?').run('1-dead', dead)
    writeFileSync(join(directory, 'v1/.incoming/1-dead.some.tmp'), 'half')
    ledger.close()
    for (const number of [2, 3, 4, 5]) await read(open(), number)
    assert.ok(cachedBytes(directory) <= 3 * SIZE)
    assert.deepEqual(readdirSync(join(directory, 'v1/.incoming')), [])
  })

  it('takes over what a dead process was fetching', async test => {
    const { open, directory, gets } = await stocked(test)
    const blobs = open()
    await read(blobs, 1)
    const ledger = new DatabaseSync(join(directory, 'v1/.ledger.sqlite'))
    const dead = JSON.stringify({ owner: { place: 'another boot', pid: 1, started: '1' }, since: 1 })
    ledger.prepare('UPDATE blob SET claim = ?, owner = ?').run('1-dead', dead)
    ledger.close()
    rmSync(await blobs.path(refNumber(1)))
    await read(blobs, 1)
    assert.equal(gets.length, 2)
    assert.ok(await onlyHit(blobs, refNumber(1)))
  })
})

/** What the last connection to close does: the log goes into the ledger. */
function checkpoint(directory: string): void {
  const database = new DatabaseSync(join(directory, 'v1/.ledger.sqlite'))
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
}

describe('a claim', () => {
  it('of a living process that could not end it is taken over once it makes no progress', async test => {
    const { open, directory, gets } = await stocked(test)
    const blobs = open()
    await read(blobs, 1)
    rmSync(await blobs.path(refNumber(1)))
    const ledger = new DatabaseSync(join(directory, 'v1/.ledger.sqlite'))
    const { owner } = ledger.prepare('SELECT owner FROM blob').get() as { owner: string | null }
    assert.equal(owner, null)
    const claim = (since: number) => {
      const living = { ...OWN_NAME, thread: 'another' }
      const row = JSON.stringify({ owner: living, since })
      ledger.prepare('UPDATE blob SET claim = ?, owner = ?').run('some-claim', row)
    }
    claim(Date.now() - 3_600_000)
    await read(blobs, 1)
    assert.equal(gets.length, 2)
    ledger.close()
  })

  it('whose end the ledger could not be told is ended the next time', async test => {
    const { open, directory, bucket } = await stocked(test)
    const blobs = open()
    const other = open()
    await read(blobs, 1)
    const holder = new DatabaseSync(join(directory, 'v1/.ledger.sqlite'))
    const get = bucket.get.bind(bucket)
    bucket.get = async key => {
      if (!holder.isTransaction) holder.exec('BEGIN IMMEDIATE')
      return get(key)
    }
    await read(blobs, 2)
    holder.exec('ROLLBACK')
    bucket.get = get
    await delay(5_100)
    await read(blobs, 3)
    const claims = holder.prepare('SELECT count(*) AS count FROM blob WHERE claim IS NOT NULL').get()
    assert.deepEqual({ ...claims }, { count: 0 })
    await read(other, 2)
    holder.close()
  })
})

describe('the path of a ref (I12)', () => {
  it('is the same in the volume, after the release, in the cache, after eviction and after a recall', async test => {
    const { blobs, volume, archive, index, directory } = await stocked(test)
    const ref = refNumber(99)
    const file = plantBlob(volume, ref, contentOf(99))
    const path = await blobs.path(ref)
    assert.equal(readlinkSync(path), file)
    const remembered = async (tier: string) => {
      assert.deepEqual(await blobs.locate(ref), { path, tier })
      assert.deepEqual(readFileSync(path), contentOf(99))
    }
    await remembered('volume')

    await archiveBlob(archive, ref, file)
    const [row] = await index.find('main', [ref])
    assert.ok(row)
    assert.equal(await releaseBlob(archive, volume, row, AT_ONCE), 'released')
    await remembered('bucket')
    await remembered('cache')
    assert.ok(lstatSync(path).isFile())

    for (const number of [1, 2, 3, 4, 5, 6]) await read(blobs, number)
    assert.ok(!existsSync(path), 'evicted')
    await remembered('bucket')

    plantBlob(volume, ref, contentOf(99))
    await remembered('cache')
    rmSync(path)
    await remembered('volume')
    assert.ok(cachedBytes(directory) <= 3 * SIZE)
  })

  it('is never a link to where the volume was before', async test => {
    const { open, volume, base, directory } = await stocked(test)
    const ref = refNumber(99)
    plantBlob(volume, ref, contentOf(99))
    const path = await open().path(ref)
    renameSync(volume.directory, join(base, 'moved'))
    const moved = plantVolume(volume.directory)
    plantBlob(moved, refNumber(98), 'another')
    const cache = createCache({ directory, limit: SIZE }, 'some-bucket', 'main')
    const elsewhere = plantVolume(join(base, 'elsewhere'))
    const file = plantBlob(elsewhere, ref, 'of another database')
    const other = createBlobs({
      database: 'main',
      volumes: [elsewhere],
      cache,
      bucket: createSetting().bucket,
    })
    assert.equal(await other.path(ref), path)
    assert.equal(readlinkSync(path), file)
  })

  it('is not believed when it is a link that nobody here made', async test => {
    const { blobs, directory } = await stocked(test)
    const path = await blobs.path(refNumber(1))
    rmSync(path)
    symlinkSync('/etc/hostname', path)
    await read(blobs, 1)
    assert.ok(lstatSync(path).isFile())
    assert.ok(cachedBytes(directory) <= 3 * SIZE)
  })
})
