import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type Inventory, openInventory } from '../../client/agent/keeper/inventory.ts'
import { formatRef } from '../../core/model/ref.ts'
import { openVolume, type Volume } from '../../core/volume/volume.ts'
import { nextTick } from './file-clock.ts'
import { copyTree, plantBlob, plantVolume, refNumber, scratch } from './setting.ts'

const MINUTE = 60_000
const LATER = '03d6280000000000'
/** A minute from now all that is there counts as settled, but for a leaf that waits for its file. */
const inAMinute = () => Date.now() + MINUTE

function setting(test: TestContext, blobs: number, now = inAMinute) {
  const directory = scratch(test)
  const volume = plantVolume(join(directory, 'blobs'))
  for (let number = 1; number <= blobs; number += 1) plantBlob(volume, refNumber(number), 'x')
  const inventory = openInventory(join(directory, 'inventory'), { identity: 'a volume', now })
  test.after(() => inventory.close())
  return { directory, volume, inventory }
}

const NOBODY = 65_534

/** Root may look at everything. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(NOBODY)
  try {
    return await work()
  } finally {
    if (root) process.seteuid?.(0)
  }
}

const names = (inventory: Inventory) =>
  inventory
    .unknown(10_000)
    .map(({ ref }) => formatRef(ref))
    .sort()
const leafOf = (volume: Volume, number: number) => dirname(volume.pathOf(refNumber(number)))

describe('an inventory', () => {
  it('is the same by threads, and takes up again after it was broken off', async test => {
    const { volume, inventory } = setting(test, 1_500)
    const abort = new AbortController()
    const broken = await inventory.scan(volume, { signal: abort.signal, visit: () => abort.abort() })
    assert.equal(broken.complete, false)
    assert.equal(inventory.lastScan, undefined)
    const { complete, added } = await inventory.scan(volume)
    assert.equal(complete, true)
    assert.equal(broken.added + added, 1_500)
    assert.equal(names(inventory).length, 1_500)
    assert.ok(inventory.lastScan)
    rmSync(leafOf(volume, 700), { recursive: true })
    assert.deepEqual(await inventory.scan(volume), { complete: true, added: 0, gone: 1 })
  })

  it('finds in the end what comes while it is scanned, and does not revive what is released meanwhile', async test => {
    const { directory, volume, inventory } = setting(test, 600)
    await inventory.scan(volume)
    nextTick(directory)
    const release = (number: number) => {
      rmSync(volume.pathOf(refNumber(number)), { force: true })
      inventory.remove(refNumber(number))
    }
    const released = [1, 300, 600]
    let met = 0
    await inventory.scan(volume, {
      visit() {
        met += 1
        plantBlob(volume, refNumber(10_000 + met), 'x')
        for (const number of released) release(number)
      },
    })
    assert.ok(met > 0)
    await inventory.look(volume)
    const there = Array.from({ length: 600 }, (_, i) => i + 1).filter(number => !released.includes(number))
    const came = Array.from({ length: met }, (_, i) => 10_001 + i)
    assert.deepEqual(
      names(inventory),
      [...there, ...came].map(number => formatRef(refNumber(number))),
    )
  })

  it('keeps what is unchanged as it was, and asks again about what changed or was left', async test => {
    const { volume, inventory } = setting(test, 4)
    await inventory.scan(volume)
    inventory.setWaiting([refNumber(1), refNumber(2)])
    inventory.setArchived(refNumber(3), 1)
    inventory.setLeft(refNumber(4), 'BLOB_CONFLICT')
    plantBlob(volume, refNumber(2), 'longer than before')
    await inventory.scan(volume)
    assert.deepEqual(names(inventory), [formatRef(refNumber(2)), formatRef(refNumber(4))])
    assert.deepEqual(
      [...inventory.waiting(0)].map(({ ref }) => ref),
      [refNumber(1)],
    )
    assert.deepEqual(
      [...inventory.archived()].map(({ ref }) => ref),
      [refNumber(3)],
    )
  })

  it('finds a file that comes into a leaf that was empty when it was read', async test => {
    const { volume, inventory } = setting(test, 2)
    mkdirSync(leafOf(volume, 900), { recursive: true })
    await inventory.scan(volume)
    assert.deepEqual(await inventory.look(volume), { complete: true, added: 0, gone: 0 })
    plantBlob(volume, refNumber(900), 'x')
    assert.deepEqual(await inventory.look(volume), { complete: true, added: 1, gone: 0 })
  })

  it('finds a new revision beside a new oid by a look, any other by a scan', async test => {
    const { directory, volume, inventory } = setting(test, 3)
    await inventory.scan(volume)
    nextTick(directory)
    plantBlob(volume, refNumber(1, LATER), 'x')
    assert.deepEqual(await inventory.look(volume), { complete: true, added: 0, gone: 0 })
    plantBlob(volume, refNumber(4), 'x')
    assert.deepEqual(await inventory.look(volume), { complete: true, added: 2, gone: 0 })
    plantBlob(volume, refNumber(2, LATER), 'x')
    assert.deepEqual(await inventory.scan(volume), { complete: true, added: 1, gone: 0 })
  })

  it('reads only what is new of a lawn with many oids', async test => {
    const directory = join(scratch(test), 'blobs')
    mkdirSync(directory)
    writeFileSync(join(directory, '.layout'), 'lawn')
    const volume = openVolume(directory)
    for (let number = 1; number <= 1_100; number += 1) plantBlob(volume, refNumber(number), 'x')
    const inventory = openInventory(`${directory}.inventory`, { identity: 'a lawn', now: inAMinute })
    await inventory.scan(volume)
    nextTick(dirname(directory))
    plantBlob(volume, refNumber(1, LATER), 'x')
    plantBlob(volume, refNumber(5_000), 'x')
    rmSync(leafOf(volume, 7), { recursive: true })
    assert.deepEqual(await inventory.look(volume), { complete: true, added: 1, gone: 1 })
    assert.deepEqual(await inventory.scan(volume), { complete: true, added: 1, gone: 0 })
    inventory.close()
  })

  it('follows no link, neither to what was elsewhere nor to what was here', async test => {
    const { directory, volume, inventory } = setting(test, 300)
    await inventory.scan(volume)
    nextTick(directory)
    const second = dirname(leafOf(volume, 256))
    renameSync(second, join(directory, 'elsewhere'))
    symlinkSync(join(directory, 'elsewhere'), second)
    assert.deepEqual(await inventory.look(volume), { complete: true, added: 0, gone: 45 })
    writeFileSync(join(directory, 'elsewhere', 'probe'), '')
    assert.deepEqual(await inventory.look(volume), { complete: true, added: 0, gone: 0 })
    assert.deepEqual(await inventory.scan(volume), { complete: true, added: 0, gone: 0 })
  })

  it('drops nothing that could not be looked at, and looks again', async test => {
    const { directory, volume, inventory } = setting(test, 300)
    chmodSync(directory, 0o755)
    await inventory.scan(volume)
    nextTick(directory)
    const second = dirname(leafOf(volume, 256))
    for (const unreadable of [leafOf(volume, 3), second]) {
      chmodSync(unreadable, 0)
      const [looked, scanned] = await asNobody(async () => [
        await inventory.look(volume),
        await inventory.scan(volume),
      ])
      assert.equal(looked?.gone, 0)
      assert.equal(scanned?.gone, 0)
      chmodSync(unreadable, 0o755)
    }
    nextTick(directory)
    rmSync(leafOf(volume, 3), { recursive: true })
    rmSync(leafOf(volume, 256), { recursive: true })
    assert.equal((await inventory.look(volume)).gone, 2)
  })

  it('keeps what it has where the volume is not there (I11)', async test => {
    const { directory, volume, inventory } = setting(test, 3)
    await inventory.scan(volume)
    renameSync(volume.directory, join(directory, 'unmounted'))
    mkdirSync(volume.directory)
    for (const refresh of [inventory.look, inventory.scan]) {
      await assert.rejects(() => refresh(volume), { code: 'DISK_UNREADABLE' })
    }
    assert.equal(names(inventory).length, 3)
  })

  it('is not kept of a directory that another program owns', async test => {
    const { directory, inventory } = setting(test, 0)
    const cache = openVolume(copyTree('zeocache', join(directory, 'cache')))
    for (const refresh of [inventory.look, inventory.scan]) {
      await assert.rejects(() => refresh(cache), { code: 'LAYOUT_NOT_OURS' })
    }
  })
})
