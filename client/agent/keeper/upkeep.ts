import { EMPTY_FOR } from '../../../core/archive-run.ts'
import { DAY } from '../../../core/model/quantity.ts'
import { removeEmptyLeaf } from '../../../core/release.ts'
import type { ScanBatch } from '../../../core/volume/scan-batch.ts'
import type { Volume } from '../../../core/volume/volume.ts'
import type { Inventory } from './inventory.ts'
import type { Clocks } from './volume-lease.ts'

/** Heartbeats between two looks for what is new. */
const BEATS_PER_LOOK = 5

/** Keeps an inventory true: all once, then what is new, and once a day all again. */
export interface Upkeep {
  isScanDue(inventory: Inventory): boolean
  /** Whether it has found anything, if it was time to look. */
  refresh(inventory: Inventory, volume: Volume, signal: AbortSignal): Promise<boolean | 'not due'>
}

export function createUpkeep(heartbeat: number, clocks: Clocks): Upkeep {
  let looked = Number.NEGATIVE_INFINITY

  function isScanDue({ lastScan }: Inventory): boolean {
    const age = clocks.now() - (lastScan ?? Number.NEGATIVE_INFINITY)
    // A scan in the future was made by a clock that was wrong.
    return age >= DAY || age < 0
  }

  return {
    isScanDue,
    async refresh(inventory, volume, signal) {
      const whole = isScanDue(inventory)
      const began = clocks.monotonic()
      if (!whole && began - looked < BEATS_PER_LOOK * heartbeat) return 'not due'
      const leaves: string[] = []
      const visit = ({ emptyLeaves }: ScanBatch) => {
        for (const { path, since } of emptyLeaves) if (clocks.now() - since >= EMPTY_FOR) leaves.push(path)
      }
      const { added } = await (whole
        ? inventory.scan(volume, { signal, visit })
        : inventory.look(volume, { signal }))
      for (const leaf of leaves) await removeEmptyLeaf(volume, leaf)
      looked = began
      return added > 0
    },
  }
}
