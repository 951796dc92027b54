import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { type Inventory, openInventory } from '../../client/agent/keeper/inventory.ts'
import { openDatabase } from '../../client/agent/keeper/inventory-database.ts'
import { createSeen } from '../../client/agent/keeper/inventory-seen.ts'
import { createArchivePlan, type VolumeFile } from '../../core/model/archive-policy.ts'
import { DAY } from '../../core/model/quantity.ts'
import { formatRef } from '../../core/model/ref.ts'
import { tidToTime, timeToTid } from '../../core/model/tid.ts'
import { EVERYTHING, refNumber, scratch } from '../flows/setting.ts'
import { anyRef } from './arbitrary.ts'

const NOW = Date.UTC(2026, 10, 22)
const MADE_OF = { identity: 'a volume', now: NOW }
const HOUR = 3_600_000

/** An inventory of files that no volume has. */
function inventoryOf(path: string, files: readonly VolumeFile[]): Inventory {
  openInventory(path, { ...MADE_OF, now: () => NOW }).close()
  const database = openDatabase(path, MADE_OF)
  createSeen(database, () => true).see(files)
  database.close()
  return openInventory(path, { ...MADE_OF, now: () => NOW })
}

const pathIn = (test: TestContext) => join(scratch(test), 'state', 'inventory')
const names = (files: Iterable<VolumeFile>) => [...files].map(({ ref }) => formatRef(ref))
const fileOf = (number: number, size = 10): VolumeFile => ({ ref: refNumber(number), size, changed: 1.5 })

/** Few sizes, so that many are the same; times in whole milliseconds, as edges are. */
const anyFiles = fc.uniqueArray(
  fc.record(
    {
      ref: fc
        .tuple(anyRef, fc.integer({ min: NOW - 4000 * DAY, max: NOW + DAY }))
        .map(([{ oid }, time]) => ({ oid, tid: timeToTid(time) })),
      size: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 1e9 })),
      changed: fc.integer({ min: NOW - DAY, max: NOW }),
    },
    { noNullPrototype: true },
  ),
  { selector: ({ ref }) => formatRef(ref), maxLength: 40 },
)
const anyState = fc.constantFrom('unknown', 'waiting', 'archived', 'left')

function setStates(inventory: Inventory, files: readonly VolumeFile[], stateOf: (i: number) => string): void {
  inventory.transact(() => {
    for (const [i, { ref }] of files.entries()) {
      if (stateOf(i) === 'waiting') inventory.setWaiting([ref])
      if (stateOf(i) === 'archived') inventory.setArchived(ref, NOW - (i % 3))
      if (stateOf(i) === 'left') inventory.setLeft(ref, 'BLOB_CONFLICT')
    }
  })
}

describe('an inventory', () => {
  it('gives what waits in the order of the archive plan, and what is archived in that of its archiving', test => {
    const directory = scratch(test)
    fc.assert(
      fc.property(anyFiles, fc.nat({ max: 4 }), (files, minSize) => {
        const inventory = inventoryOf(join(directory, randomUUID()), files)
        inventory.setWaiting(files.map(({ ref }) => ref))
        const plan = createArchivePlan({ ...EVERYTHING, minSize, allowEmpty: true }, NOW + 2 * DAY)
        for (const file of files) plan.add(file)
        assert.deepEqual([...inventory.waiting(minSize)], plan.finish().due)
        setStates(inventory, files, () => 'archived')
        const archived = [...inventory.archived()]
        assert.equal(archived.length, files.length)
        const places = archived.map(({ archivedAt, ref }) => `${archivedAt} ${formatRef(ref)}`)
        assert.deepEqual(places, [...places].sort())
        inventory.close()
      }),
      { numRuns: 40 },
    )
  })

  it('pages through many of one size, while they leave', test => {
    const files = Array.from({ length: 1_000 }, (_, i) => fileOf(i, i < 700 ? 10 : 1_000 + (i % 2)))
    const inventory = inventoryOf(pathIn(test), files)
    inventory.setWaiting(files.map(({ ref }) => ref))
    const seen: VolumeFile[] = []
    for (const file of inventory.waiting(0)) {
      inventory.setArchived(file.ref, NOW)
      seen.push(file)
    }
    assert.equal(new Set(names(seen)).size, 1_000)
    assert.deepEqual(names(inventory.waiting(0)), [])
    for (const { ref } of inventory.archived()) inventory.remove(ref)
    assert.deepEqual(names(inventory.archived()), [])
    inventory.close()
  })

  it('sums up what waits by age and size as one would by hand', async test => {
    const directory = scratch(test)
    const edges = (max: number) =>
      fc.uniqueArray(fc.integer({ min: 1, max }), { maxLength: 9 }).map(e => [0, ...e.sort((a, b) => a - b)])
    await fc.assert(
      fc.asyncProperty(
        anyFiles,
        fc.array(anyState, { minLength: 1 }),
        edges(5000 * DAY),
        edges(1e9),
        fc.nat({ max: 5 }),
        async (files, states, ages, sizes, minSize) => {
          const inventory = inventoryOf(join(directory, randomUUID()), files)
          const stateOf = (i: number) => states[i % states.length] ?? ''
          setStates(inventory, files, stateOf)
          const got = await inventory.summarize({ ages, sizes, minSize }, NOW)
          const inState = (...wanted: string[]) => files.filter((_, i) => wanted.includes(stateOf(i)))
          const waiting = inState('unknown', 'waiting')
          assert.deepEqual(got.cells, cellsOf(waiting, ages, sizes))
          const times = waiting.filter(({ size }) => size >= minSize).map(({ ref }) => tidToTime(ref.tid))
          assert.equal(got.oldestWaiting, times.length > 0 ? Math.min(...times) : undefined)
          assert.deepEqual(got.total, tallyOf(files))
          assert.deepEqual(got.archived, tallyOf(inState('archived')))
          assert.deepEqual(got.left, tallyOf(inState('left')))
          inventory.close()
        },
      ),
      { numRuns: 60 },
    )
  })

  it('tells what was done in the last day, since it was made', test => {
    const inventory = inventoryOf(pathIn(test), [])
    inventory.note('archived', 1, 10, NOW)
    inventory.note('archived', 2, 20, NOW + 5 * HOUR)
    inventory.note('released', 3, 30, NOW + 5 * HOUR)
    const tallies = (at: number) => ({ ...inventory.lately(at), since: undefined })
    assert.equal(inventory.lately(NOW + 6 * HOUR).since, NOW)
    const all = { archived: { blobs: 3, bytes: 30 }, released: { blobs: 3, bytes: 30 }, since: undefined }
    assert.deepEqual(tallies(NOW + 24 * HOUR), all)
    assert.deepEqual(tallies(NOW + 25 * HOUR), { ...all, archived: { blobs: 2, bytes: 20 } })
    assert.equal(inventory.lately(NOW + 25.5 * HOUR).since, NOW + 2 * HOUR)
    inventory.note('released', 1, 1, NOW + 40 * HOUR)
    assert.deepEqual(inventory.lately(NOW + 40 * HOUR), {
      since: NOW + 16 * HOUR,
      archived: { blobs: 0, bytes: 0 },
      released: { blobs: 1, bytes: 1 },
    })
    inventory.close()
  })

  it('takes back all of what throws half-way', test => {
    const inventory = inventoryOf(pathIn(test), [fileOf(1), fileOf(2)])
    const work = () =>
      inventory.transact(() => {
        inventory.setWaiting([fileOf(1).ref])
        throw new Error('half-way')
      })
    assert.throws(work, /half-way/)
    assert.equal(inventory.unknown(10).length, 2)
    inventory.close()
  })
})

describe('the file of an inventory', () => {
  const REPLACED: Record<string, (path: string) => void> = {
    'no database': path => writeFileSync(path, 'not at all '.repeat(1_000)),
    'cut short': path => truncateSync(path, readFileSync(path).length - 8_192),
    empty: path => truncateSync(path),
    'damaged inside': path => writeFileSync(path, readFileSync(path).fill(0xa5, 4_200, 60_000)),
    'of another version': path => {
      const database = new DatabaseSync(path)
      database.exec('PRAGMA user_version = 4711')
      database.close()
    },
  }
  for (const [what, spoil] of Object.entries(REPLACED)) {
    it(`is made anew where it is ${what}`, test => {
      const path = pathIn(test)
      inventoryOf(
        path,
        Array.from({ length: 3_000 }, (_, i) => fileOf(i)),
      ).close()
      spoil(path)
      const inventory = openInventory(path, { identity: 'a volume' })
      assert.deepEqual([inventory.unknown(1), inventory.lastScan], [[], undefined])
      inventory.close()
    })
  }

  it('is kept where it is whole, and made anew for another volume', test => {
    const path = pathIn(test)
    inventoryOf(path, [fileOf(1)]).close()
    const again = openInventory(path, { identity: 'a volume' })
    assert.deepEqual(again.unknown(9), [fileOf(1)])
    again.close()
    const other = openInventory(path, { identity: 'another volume' })
    assert.deepEqual(other.unknown(9), [])
    other.close()
  })
})

function tallyOf(files: readonly VolumeFile[]) {
  return { blobs: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) }
}

function cellsOf(files: readonly VolumeFile[], ages: readonly number[], sizes: readonly number[]) {
  const classOf = (edges: readonly number[], value: number) =>
    Math.max(
      0,
      edges.findLastIndex(edge => edge <= value),
    )
  return ages.flatMap((_, age) =>
    sizes.flatMap((_, size) => {
      const within = files.filter(
        file => classOf(ages, NOW - tidToTime(file.ref.tid)) === age && classOf(sizes, file.size) === size,
      )
      const { blobs, bytes } = tallyOf(within)
      return blobs > 0 ? [[age, size, blobs, bytes]] : []
    }),
  )
}
