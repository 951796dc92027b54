import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Inventory, openInventory } from '../../client/agent/keeper/inventory.ts'
import { formatRef, type HexId, parseRef, type Ref } from '../../core/model/ref.ts'
import { openVolume, type Volume } from '../../core/volume/volume.ts'
import { nextTick } from './file-clock.ts'
import { scratch } from './setting.ts'

/** An inventory beside what really happened to its volume: commits, packs, releases, recalls, restores, kills. */

/** Neighbours, cousins and strangers, and zero itself. */
const OIDS: readonly HexId[] = [0n, 1n, 2n, 0x101n, 0x102n, 0x01_0001n, 0xff00_0000_0000_0001n].map(oid =>
  oid.toString(16).padStart(16, '0'),
)
const TIDS: readonly HexId[] = ['03d1000000000000', '03d2000000000000', '03d3000000000000']

const anyOf = fc.record({ oid: fc.constantFrom(...OIDS), tid: fc.constantFrom(...TIDS) })
const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant('commit' as const), ref: anyOf, size: fc.nat({ max: 9 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom('release' as const, 'pack' as const), ref: anyOf }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('prepare' as const), ref: anyOf }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('uproot' as const), ref: anyOf, above: fc.nat({ max: 7 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constantFrom('look' as const, 'scan' as const, 'broken scan' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constantFrom('kill' as const, 'ask' as const, 'lose' as const) }),
  },
)
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never

/** All directories count as changed lately, or none does; by the real clock it would depend on how fast the test is. */
const CLOCKS = { 'all fresh': 0, 'all settled': Number.MAX_SAFE_INTEGER }

function createWorld(directory: string, layout: 'bushy' | 'lawn', clock: number) {
  mkdirSync(join(directory, 'blobs'), { recursive: true })
  writeFileSync(join(directory, 'blobs', '.layout'), layout)
  const volume = openVolume(join(directory, 'blobs'))
  const path = join(directory, 'inventory')
  const open = () => openInventory(path, { identity: 'a volume', now: () => clock })
  let inventory = open()
  const there = new Map<string, number>()
  const ever = new Set<string>()
  /** Oids whose directories came or went since the last scan or look. */
  let touched = new Set<HexId>()
  let scanned = false
  /** What a scan found that was broken off may stay until the next. */
  let broken = false

  const remove = (refs: Iterable<string>) => {
    for (const name of [...refs]) there.delete(name)
  }
  const makeLeaf = (ref: Ref) => {
    const leaf = dirname(volume.pathOf(ref))
    if (!existsSync(leaf)) touched.add(ref.oid)
    mkdirSync(leaf, { recursive: true })
  }

  function refreshed(): void {
    touched = new Set()
    nextTick(directory)
  }

  function checkAll(): void {
    assert.deepEqual(known(inventory), Object.fromEntries([...there].sort()))
  }

  /** What a look promises: everything of what came or went, and nothing that never was. */
  function checkLook(): void {
    if (clock === CLOCKS['all fresh'] && !broken) checkAll()
    const found = known(inventory)
    for (const name of Object.keys(found)) assert.ok(ever.has(name), `${name} never was`)
    const ofTouched = (names: Iterable<string>) => [...names].filter(name => touched.has(name.slice(0, 16)))
    for (const name of ofTouched(there.keys())) assert.ok(name in found, `${name} came`)
    if (broken) return
    for (const name of ofTouched(Object.keys(found))) assert.ok(there.has(name), `${name} went`)
  }

  async function run(step: Step): Promise<void> {
    switch (step.does) {
      case 'commit':
        makeLeaf(step.ref)
        writeFileSync(volume.pathOf(step.ref), 'x'.repeat(step.size))
        there.set(formatRef(step.ref), step.size)
        ever.add(formatRef(step.ref))
        return
      case 'prepare':
        return makeLeaf(step.ref)
      case 'release':
        rmSync(volume.pathOf(step.ref), { force: true })
        return remove([formatRef(step.ref)])
      case 'pack':
        rmSync(volume.pathOf(step.ref), { force: true })
        remove([formatRef(step.ref)])
        if (removeIfEmpty(dirname(volume.pathOf(step.ref)))) touched.add(step.ref.oid)
        return
      case 'uproot': {
        const root = ancestor(volume, step.ref, step.above)
        if (!existsSync(root)) return
        rmSync(root, { recursive: true, force: true })
        for (const oid of OIDS) {
          const path = volume.pathOf({ oid, tid: TIDS[0] ?? '' })
          if (!path.startsWith(`${root}/`)) continue
          touched.add(oid)
          remove([...there.keys()].filter(name => name.startsWith(oid)))
        }
        return
      }
      case 'scan':
        assert.equal((await inventory.scan(volume)).complete, true)
        checkAll()
        scanned = true
        broken = false
        return refreshed()
      case 'look':
        await inventory.look(volume)
        if (!scanned) return
        checkLook()
        return refreshed()
      case 'broken scan': {
        const abort = new AbortController()
        const { complete } = await inventory.scan(volume, {
          signal: abort.signal,
          visit: () => abort.abort(),
        })
        assert.equal(complete, !abort.signal.aborted)
        scanned ||= complete
        broken = !complete
        return complete ? refreshed() : undefined
      }
      case 'ask':
        inventory.setWaiting(inventory.unknown(3).map(({ ref }) => ref))
        for (const { ref } of inventory.unknown(2)) inventory.setArchived(ref, 1)
        for (const { ref } of inventory.archived()) return inventory.setWaiting([ref])
        return
      case 'kill':
        inventory.close()
        inventory = open()
        return
      case 'lose':
        inventory.close()
        truncateSync(path, 100)
        inventory = open()
        scanned = false
        assert.equal(inventory.lastScan, undefined)
    }
  }
  return { run, close: () => inventory.close() }
}

function known(inventory: Inventory): Record<string, number> {
  const files = [...inventory.unknown(1_000), ...inventory.waiting(0), ...inventory.archived()]
  const sizes = files.map(({ ref, size }) => [formatRef(parseRef(formatRef(ref))), size] as const)
  assert.equal(new Set(sizes.map(([name]) => name)).size, sizes.length)
  return Object.fromEntries(sizes.sort())
}

function removeIfEmpty(leaf: string): boolean {
  try {
    rmdirSync(leaf)
    return true
  } catch {
    return false
  }
}

/** A directory of a blob, never the volume itself. */
function ancestor(volume: Volume, ref: Ref, above: number): string {
  let path = dirname(volume.pathOf(ref))
  for (let i = 0; i < above && dirname(path) !== volume.directory; i += 1) path = dirname(path)
  return path
}

describe('an inventory beside its volume', () => {
  for (const layout of ['bushy', 'lawn'] as const) {
    for (const [name, clock] of Object.entries(CLOCKS)) {
      it(`has all that a scan or a look promises, whatever happened (${layout}, directories ${name})`, async test => {
        const directory = scratch(test)
        await fc.assert(
          fc.asyncProperty(fc.array(anyStep, { maxLength: 30, size: 'max' }), async steps => {
            const world = createWorld(mkdtempSync(join(directory, 'w-')), layout, clock)
            try {
              for (const step of steps) await world.run(step)
              await world.run({ does: 'scan' })
              await world.run({ does: 'look' })
            } finally {
              world.close()
            }
          }),
          { numRuns: 50 },
        )
      })
    }
  }
})
