import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openInventory } from '../client/agent/keeper/inventory.ts'
import { DAY } from '../core/model/quantity.ts'
import { timeToTid } from '../core/model/tid.ts'
import { AGE_EDGES, SIZE_EDGES } from '../core/model/volume-histogram.ts'
import { openVolume, type Volume } from '../core/volume/volume.ts'
import { generateTree } from './generate-tree.ts'

/**
 * What it costs an agent to keep its inventory of a large volume: `npm run bench:inventory`, with `-- --blobs 100000` for a
 * shorter one. Absolute figures are this machine's and this minute's, with a warm cache of the file system. Nothing here
 * decides a test.
 */

const WORK = fileURLToPath(new URL('../.work/bench-inventory', import.meta.url))
const COMMITS = 1_000
const LARGEST = 10_000
/** As long as directories that were made just now are read again at each look, in milliseconds. */
const SETTLING = 11_000
const NOW = Date.UTC(2026, 10, 22)

const { values } = parseArgs({ options: { blobs: { type: 'string', default: '1000000' } } })
const blobs = Number(values.blobs)
const rows: { what: string; took: string; 'longest stop': string; memory: string }[] = []

/** Measures, and how long anything else of the process had to wait meanwhile. */
async function measure<T>(what: string, work: () => Promise<T>): Promise<T> {
  let [longest, last] = [0, performance.now()]
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last - 1)
    last = performance.now()
  }, 1)
  const start = performance.now()
  try {
    return await work()
  } finally {
    const took = performance.now() - start
    longest = Math.max(longest, performance.now() - last - 1)
    clearInterval(timer)
    rows.push({
      what,
      took: took < 2_000 ? `${took.toFixed(1)} ms` : `${(took / 1_000).toFixed(1)} s`,
      'longest stop': `${Math.round(longest)} ms`,
      memory: `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`,
    })
  }
}

/** As ZODB gives oids: one after the other, most of them to objects that have no blob. */
function commit(volume: Volume, from: number): void {
  for (let i = 0; i < COMMITS; i += 1) {
    const oid = (from + i * 7).toString(16).padStart(16, '0')
    const path = volume.pathOf({ oid, tid: timeToTid(NOW + i) })
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'x')
  }
}

async function requireAdded(work: Promise<{ added: number }>, wanted: number): Promise<void> {
  const { added } = await work
  if (added !== wanted) throw new Error(`${added} were added, not ${wanted}`)
}

rmSync(WORK, { recursive: true, force: true })
try {
  const directory = join(WORK, 'blobs')
  generateTree({ directory, blobs, sparse: true })
  const settled = () => new Promise(resolve => setTimeout(resolve, SETTLING))
  await settled()
  const volume = openVolume(directory)
  const path = join(WORK, 'inventory')
  const inventory = openInventory(path, { identity: 'bench' })
  await measure('first scan', () => requireAdded(inventory.scan(volume), blobs))
  await measure('look, nothing new', () => requireAdded(inventory.look(volume), 0))
  await measure('look again', () => requireAdded(inventory.look(volume), 0))
  commit(volume, blobs * 3 + 10)
  await measure(`look, ${COMMITS} commits`, () => requireAdded(inventory.look(volume), COMMITS))
  await settled()
  await inventory.look(volume)
  await measure('look, settled again', () => requireAdded(inventory.look(volume), 0))
  await measure('periodic scan', () => requireAdded(inventory.scan(volume), 0))
  const edges = { ages: AGE_EDGES.map(days => days * DAY), sizes: SIZE_EDGES, minSize: 128 * 1_024 }
  await measure('summary', () => inventory.summarize(edges, NOW))
  for (let some = inventory.unknown(10_000); some.length > 0; some = inventory.unknown(10_000)) {
    inventory.setWaiting(some.map(({ ref }) => ref))
  }
  await measure(`the ${LARGEST} largest`, async () => {
    let left = LARGEST
    for (const _ of inventory.waiting(0)) if (--left === 0) return
  })
  inventory.close()
  await measure('opening', async () => openInventory(path, { identity: 'bench' }).close())
  console.table(rows)
  console.log(`the inventory of ${blobs} blobs takes ${Math.round(statSync(path).size / 2 ** 20)} MiB`)
} finally {
  rmSync(WORK, { recursive: true, force: true })
}
