import assert from 'node:assert/strict'
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef } from '../../core/model/ref.ts'
import { moveAside } from '../../core/volume/aside.ts'
import { BEAT, createFleetSetting, DAY, HOUR, POLICY } from './keeper-setting.ts'
import { copyTree, plantVolume } from './setting.ts'

const outage = new BlobUnavailable('SERVER_UNREACHABLE', 'no answer', { subject: 'index', hint: 'none' })

describe('a keeper', () => {
  it('archives nothing without an order, and by an order what is due, the largest first', async test => {
    const fleet = createFleetSetting(test)
    const refs = [fleet.commit(1, 100), fleet.commit(2, 300), fleet.commit(3, 200)]
    const [young, small] = [fleet.commit(4, 500, HOUR), fleet.commit(5, 5)]
    const host = fleet.addHost('web1')
    await host.live()
    assert.deepEqual(fleet.archivedRefs(), [])
    assert.equal(host.keeper.state.state, 'idle')
    await fleet.schedule()
    await host.live()
    assert.deepEqual(fleet.archivedRefs().sort(), refs.map(formatRef).sort())
    for (const ref of [young, small]) assert.ok(existsSync(fleet.volume.pathOf(ref)))
    const { summary } = await fleet.fleet.read('main', 'blobs')
    assert.deepEqual(summary?.archived, { blobs: 3, bytes: 600 })
  })

  it('keeps to the budget of a run, through a restart too, and goes on in the next one', async test => {
    const fleet = createFleetSetting(test)
    for (const number of [1, 2, 3, 4, 5]) fleet.commit(number, 100)
    fleet.policy.databases.main = { ...POLICY, schedule: { bytesPerRun: 250, timeZone: 'UTC' } }
    const host = fleet.addHost('web1')
    await host.live()
    const run = fleet.time.now
    await fleet.schedule(run)
    await host.live()
    assert.equal(fleet.archivedRefs().length, 2)
    host.restart()
    fleet.pass(6 * BEAT)
    await host.live()
    await fleet.schedule(run)
    await host.live()
    assert.equal(fleet.archivedRefs().length, 2)
    fleet.pass(HOUR)
    await host.live()
    await fleet.schedule()
    await host.live()
    assert.equal(fleet.archivedRefs().length, 4)
  })

  it('releases after the delay, with an order (I1)', async test => {
    const fleet = createFleetSetting(test)
    const [ref, other] = [fleet.commit(1, 100), fleet.commit(2, 100)]
    const host = fleet.addHost('web1')
    await host.live()
    await fleet.schedule()
    await host.live()
    fleet.pass(6 * DAY)
    await host.live()
    await fleet.schedule()
    await host.live()
    assert.ok(existsSync(fleet.volume.pathOf(ref)))
    fleet.pass(2 * DAY)
    await host.live()
    assert.ok(existsSync(fleet.volume.pathOf(ref)), 'the order is over')
    await fleet.schedule()
    await host.live()
    for (const gone of [ref, other]) assert.ok(!existsSync(fleet.volume.pathOf(gone)))
  })

  it('keeps what was recalled for another delay, and not what a pack has made hard links of', async test => {
    const fleet = createFleetSetting(test)
    const [back, linked] = [fleet.commit(1, 100), fleet.commit(2, 100)]
    const host = fleet.addHost('web1')
    const day = async () => {
      fleet.pass(DAY)
      await host.live()
      await fleet.schedule()
      await host.live()
    }
    await host.live()
    await fleet.schedule()
    await host.live()
    for (let days = 0; days < 5; days += 1) await day()
    const seconds = fleet.time.now / 1000
    utimesSync(fleet.volume.pathOf(back), seconds, seconds)
    linkSync(fleet.volume.pathOf(linked), join(fleet.base, 'old'))
    for (let days = 5; days < 8; days += 1) await day()
    assert.ok(existsSync(fleet.volume.pathOf(back)))
    assert.ok(!existsSync(fleet.volume.pathOf(linked)))
    for (let days = 8; days < 13; days += 1) await day()
    assert.ok(!existsSync(fleet.volume.pathOf(back)))
  })

  it('does nothing earlier by a clock that is a year ahead (I1)', async test => {
    const fleet = createFleetSetting(test)
    const [old, young] = [fleet.commit(1, 100), fleet.commit(2, 100, HOUR)]
    const host = fleet.addHost('web1')
    await host.live()
    await fleet.schedule()
    host.ahead = 365 * DAY
    await host.live()
    assert.deepEqual(fleet.archivedRefs(), [], 'by its own clock the order is over')
    host.ahead = 0.5 * HOUR
    await host.live()
    assert.deepEqual(fleet.archivedRefs(), [formatRef(old)])
    host.ahead = 8 * DAY
    fleet.pass(HOUR)
    await host.live()
    await fleet.schedule()
    await host.live()
    for (const ref of [old, young]) assert.ok(existsSync(fleet.volume.pathOf(ref)))
  })

  it('shares a volume with another: one works, the other stands by and takes over when it is gone', async test => {
    const fleet = createFleetSetting(test)
    fleet.commit(1, 100)
    const [first, second] = [fleet.addHost('web1'), fleet.addHost('web2')]
    await first.live()
    await second.live()
    assert.equal(second.keeper.state.state, 'standing by')
    await fleet.schedule()
    await second.live()
    assert.deepEqual(fleet.archivedRefs(), [])
    // The first one dies without a word.
    for (let beats = 0; beats < 5; beats += 1) {
      fleet.pass(BEAT)
      await second.live()
    }
    assert.equal(fleet.archivedRefs().length, 1)
    const { lease } = await fleet.fleet.read('main', 'blobs')
    assert.equal(lease?.host, 'web2')
    assert.equal(lease?.term, 2)
    // It was only asleep.
    fleet.pass(0)
    await first.live()
    assert.equal(first.keeper.state.state, 'standing by')
  })

  it('gives its lease up when it is told to end, so that another goes on at once', async test => {
    const fleet = createFleetSetting(test)
    const [first, second] = [fleet.addHost('web1'), fleet.addHost('web2')]
    await first.live()
    await second.live()
    await first.keeper.end()
    await second.live()
    assert.equal(second.keeper.state.state, 'idle')
    assert.equal((await fleet.fleet.read('main', 'blobs')).lease?.host, 'web2')
  })

  it('of another disk under the same name says so, and touches nothing', async test => {
    const fleet = createFleetSetting(test)
    const other = plantVolume(join(fleet.base, 'other'))
    const [first, second] = [fleet.addHost('web1'), fleet.addHost('web2', other.directory)]
    await first.live()
    await second.live()
    assert.equal(second.keeper.state.state, 'name taken')
    assert.equal(second.troubles[0]?.code, 'VOLUME_NAME_TAKEN')
    assert.equal(first.keeper.state.state, 'idle')
  })

  it('leaves a ZEO cache alone, which is somebody else’s, and says nothing of it', async test => {
    const fleet = createFleetSetting(test)
    const host = fleet.addHost('web1', copyTree('zeocache', join(fleet.base, 'zeocache')))
    await host.live()
    assert.equal(host.keeper.state.state, 'not ours')
    assert.deepEqual(host.troubles, [])
    assert.equal((await fleet.fleet.read('main', 'blobs')).lease, undefined)
  })

  it('archives again what was swept while the volume still had it', async test => {
    const fleet = createFleetSetting(test)
    const ref = fleet.commit(1, 100)
    const host = fleet.addHost('web1')
    await host.live()
    await fleet.schedule()
    await host.live()
    for (const [name, row] of fleet.index.rows) fleet.index.rows.set(name, { ...row, state: 'swept' })
    fleet.bucket.mark(blobKey('main', ref))
    fleet.pass(8 * DAY)
    for (let runs = 0; runs < 2; runs += 1) {
      await host.live()
      await fleet.schedule()
      await host.live()
      assert.ok(existsSync(fleet.volume.pathOf(ref)))
      fleet.pass(HOUR)
    }
    assert.deepEqual(
      [...fleet.index.rows.values()].map(({ state }) => state),
      ['archived'],
    )
  })

  it('makes an inventory anew that is spoiled under its hands', async test => {
    const fleet = createFleetSetting(test)
    fleet.commit(1, 100)
    const host = fleet.addHost('web1')
    await host.live()
    // What SQLite says of a page that is none, at the connection that is open now.
    const { exec } = DatabaseSync.prototype
    let spoiled: DatabaseSync | undefined
    test.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
      spoiled ??= this
      if (this !== spoiled) return exec.call(this, sql)
      throw Object.assign(new Error('database disk image is malformed'), { errcode: 11 })
    })
    fleet.commit(0x12345, 100)
    fleet.pass(6 * BEAT)
    await host.live()
    assert.equal(host.troubles[0]?.code, 'INTERNAL')
    await host.live()
    await fleet.schedule()
    await host.live()
    assert.equal(host.keeper.state.state, 'idle')
    assert.equal(fleet.archivedRefs().length, 2)
    assert.equal(host.troubles.length, 1)
  })

  it('judges a file anew that has changed since it was looked at', async test => {
    const fleet = createFleetSetting(test)
    const ref = fleet.commit(1, 100)
    const quiet = 50
    fleet.policy.databases.main = { ...POLICY, archive: { ...POLICY.archive, quiet } }
    const host = fleet.addHost('web1')
    await host.live()
    // ctime is of the real clock.
    await delay(2 * quiet)
    fleet.time.now = Date.now()
    await fleet.schedule()
    writeFileSync(fleet.volume.pathOf(ref), Buffer.alloc(100, 8))
    await host.live()
    assert.deepEqual(fleet.archivedRefs(), [])
    fleet.pass(HOUR)
    await host.live()
    await fleet.schedule()
    await host.live()
    assert.deepEqual(fleet.archivedRefs(), [formatRef(ref)])
  })

  it('waits while the index cannot be reached, says so, and goes on', async test => {
    const fleet = createFleetSetting(test)
    const ref = fleet.commit(1, 100)
    const host = fleet.addHost('web1')
    fleet.fleet.failWith(outage)
    await host.live()
    assert.deepEqual(
      [host.keeper.state.state, host.keeper.state.trouble?.code],
      ['waiting', 'SERVER_UNREACHABLE'],
    )
    assert.equal(host.troubles[0]?.code, 'SERVER_UNREACHABLE')
    fleet.fleet.failWith(undefined)
    await host.live()
    await fleet.schedule()
    fleet.bucket.failWith(outage)
    await host.live()
    assert.equal(host.keeper.state.state, 'waiting')
    fleet.bucket.failWith(undefined)
    fleet.pass(5 * BEAT)
    await host.live()
    fleet.pass(HOUR)
    await host.live()
    await fleet.schedule()
    await host.live()
    assert.deepEqual(fleet.archivedRefs(), [formatRef(ref)])
  })

  it('finds what is new, and takes for archived what the index knows', async test => {
    const fleet = createFleetSetting(test)
    fleet.commit(1, 100)
    const host = fleet.addHost('web1')
    await host.live()
    await fleet.schedule()
    await host.live()
    const later = fleet.commit(0x12345, 100)
    fleet.pass(5 * BEAT)
    await host.live()
    assert.ok(fleet.archivedRefs().includes(formatRef(later)))
    // Another host begins with an inventory of its own.
    await host.keeper.end()
    const other = fleet.addHost('web2')
    await other.live()
    const { summary } = await fleet.fleet.read('main', 'blobs')
    assert.deepEqual(summary?.archived, { blobs: 2, bytes: 200 })
    assert.deepEqual(summary?.waiting.cells, [])
  })

  it('waits for the replica where it is asked to, and tells what no waiting mends (I1)', async test => {
    const fleet = createFleetSetting(test)
    const ref = fleet.commit(1, 100)
    fleet.policy.databases.main = { ...POLICY, release: { ...POLICY.release, replicated: true } }
    const host = fleet.addHost('web1')
    const days = async (count: number) => {
      fleet.pass(count * DAY)
      await host.live()
      await fleet.schedule()
      await host.live()
    }
    fleet.bucket.replicate('pending')
    await days(0)
    await days(8)
    assert.ok(existsSync(fleet.volume.pathOf(ref)))
    assert.deepEqual(host.troubles, [])
    fleet.bucket.replicate(undefined)
    await days(1)
    assert.deepEqual(
      host.troubles.map(({ code }) => code),
      ['NOT_REPLICATED'],
    )
    assert.deepEqual((await fleet.fleet.read('main', 'blobs')).summary?.left, { blobs: 1, bytes: 100 })
    fleet.bucket.replicate('completed')
    await days(2)
    assert.ok(!existsSync(fleet.volume.pathOf(ref)))
  })

  it('never releases while the volume packs, and after that it does', async test => {
    const fleet = createFleetSetting(test)
    const ref = fleet.commit(1, 100)
    const host = fleet.addHost('web1')
    await host.live()
    await fleet.schedule()
    await host.live()
    fleet.pass(8 * DAY)
    writeFileSync(join(fleet.volume.directory, '.removed'), '')
    await host.live()
    await fleet.schedule()
    await host.live()
    assert.ok(existsSync(fleet.volume.pathOf(ref)))
    rmSync(join(fleet.volume.directory, '.removed'))
    fleet.pass(6 * BEAT)
    await host.live()
    assert.ok(!existsSync(fleet.volume.pathOf(ref)))
  })

  it('leaves alone what a command is releasing at this moment, and returns what has stood aside for long (I8)', async test => {
    const fleet = createFleetSetting(test)
    const ref = fleet.commit(1, 100)
    const { path } = await moveAside(fleet.volume, ref)
    const host = fleet.addHost('web1')
    await host.live()
    assert.ok(existsSync(path))
    fleet.pass(11 * BEAT)
    await host.live()
    assert.ok(!existsSync(path) && existsSync(fleet.volume.pathOf(ref)))
    await fleet.schedule()
    await host.live()
    assert.deepEqual(fleet.archivedRefs(), [formatRef(ref)])
  })

  it('leaves for a person what disagrees, tells it once, and goes on with the rest (I3)', async test => {
    const fleet = createFleetSetting(test)
    const [wrong, right] = [fleet.commit(1, 100), fleet.commit(2, 50)]
    const other = Buffer.alloc(100, 77)
    const facts = { size: 100, sha256: '0'.repeat(64), contentType: 'text/plain' }
    fleet.bucket.versions.set(blobKey('main', wrong), [
      { versionId: 'x', lastModified: 0, object: { facts, content: other } },
    ])
    const host = fleet.addHost('web1')
    await host.live()
    await fleet.schedule()
    await host.live()
    fleet.pass(6 * BEAT)
    await host.live()
    assert.deepEqual(fleet.archivedRefs(), [formatRef(right)])
    assert.deepEqual(
      host.troubles.map(({ code }) => code),
      ['BLOB_CONFLICT'],
    )
    assert.deepEqual((await fleet.fleet.read('main', 'blobs')).summary?.left, { blobs: 1, bytes: 100 })
  })

  it('says nothing of a volume that is unmounted, and goes on when it is back (I11)', async test => {
    const fleet = createFleetSetting(test)
    fleet.commit(1, 100)
    const host = fleet.addHost('web1')
    await host.live()
    const before = (await fleet.fleet.read('main', 'blobs')).summary
    const away = `${fleet.volume.directory}.away`
    renameSync(fleet.volume.directory, away)
    mkdirSync(fleet.volume.directory)
    fleet.pass(DAY)
    await host.live()
    assert.equal(host.keeper.state.trouble?.code, 'DISK_UNREADABLE')
    assert.deepEqual((await fleet.fleet.read('main', 'blobs')).summary, before)
    rmSync(fleet.volume.directory, { recursive: true })
    renameSync(away, fleet.volume.directory)
    await host.live()
    assert.equal(host.keeper.state.state, 'idle')
    await fleet.schedule()
    await host.live()
    assert.equal(fleet.archivedRefs().length, 1)
  })

  it('removes the directory of an oid that has been empty for a day, as ZODB’s pack needs it', async test => {
    const fleet = createFleetSetting(test)
    const leaf = join(fleet.volume.directory, '0x00/0x00/0x00/0x00/0x00/0x00/0x00/0x09')
    mkdirSync(leaf, { recursive: true })
    const host = fleet.addHost('web1')
    await host.live()
    assert.ok(existsSync(leaf))
    const before = Date.now() / 1000 - 2 * 86_400
    utimesSync(leaf, before, before)
    fleet.pass(DAY)
    await host.live()
    assert.ok(!existsSync(leaf))
  })

  it('publishes nothing again and again where nothing happens', async test => {
    const fleet = createFleetSetting(test)
    fleet.commit(1, 100, HOUR)
    const host = fleet.addHost('web1')
    let writes = 0
    const write = fleet.fleet.writeSummary
    fleet.fleet.writeSummary = row => {
      writes += 1
      return write(row)
    }
    for (let beats = 0; beats < 300; beats += 1) {
      fleet.pass(BEAT)
      await host.live()
    }
    assert.equal(writes, 1)
  })
})
