import { EMPTY_FOR, recoverVolume } from '../../../core/archive-run.ts'
import { DAY } from '../../../core/model/quantity.ts'
import { removeEmptyLeaf } from '../../../core/release.ts'
import type { ScanBatch } from '../../../core/volume/scan-batch.ts'
import type { Volume } from '../../../core/volume/volume.ts'
import type { Inventory } from './inventory.ts'
import type { Refreshed } from './inventory-refresh.ts'
import type { Clocks } from './volume-lease.ts'
import type { Workplace } from './workplace.ts'

/** Heartbeats between two looks for what is new. */
const BEATS_PER_LOOK = 5

/** Keeps an inventory true: all once, then what is new, and once a day all again. */
export interface Upkeep {
  isScanDue(inventory: Inventory): boolean
  /** Whether it has found anything, if it was time to look. */
  refresh(inventory: Inventory, volume: Volume, signal: AbortSignal): Promise<boolean | 'not due'>
}

export function createUpkeep(heartbeat: number, clocks: Clocks, tell: Workplace['tell']): Upkeep {
  let looked = Number.NEGATIVE_INFINITY
  let returned = false

  function isScanDue({ lastScan }: Inventory): boolean {
    const age = clocks.now() - (lastScan ?? Number.NEGATIVE_INFINITY)
    // A scan in the future was made by a clock that was wrong.
    return returned || age >= DAY || age < 0
  }

  return {
    isScanDue,
    async refresh(inventory, volume, signal) {
      const began = clocks.monotonic()
      if (!isScanDue(inventory) && began - looked < BEATS_PER_LOOK * heartbeat) return 'not due'
      // Nothing shows that a file has its name back; so all is looked at.
      returned = (await recoverVolume(volume, tell, clocks.now())) > 0 || returned
      const { added } = isScanDue(inventory)
        ? await scanAndClear(inventory, volume, signal)
        : await inventory.look(volume, { signal })
      if (!signal.aborted) returned = false
      looked = began
      return added > 0
    },
  }

  /** An oid's directory that has been empty for long is no use, and ZODB's pack stumbles over it. */
  async function scanAndClear(inventory: Inventory, volume: Volume, signal: AbortSignal): Promise<Refreshed> {
    const leaves: string[] = []
    const visit = ({ emptyLeaves }: ScanBatch) => {
      for (const { path, since } of emptyLeaves) if (clocks.now() - since >= EMPTY_FOR) leaves.push(path)
    }
    const refreshed = await inventory.scan(volume, { signal, visit })
    for (const leaf of leaves) await removeEmptyLeaf(volume, leaf)
    return refreshed
  }
}
