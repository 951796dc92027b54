import type { VolumeFile } from '../../../core/model/archive-policy.ts'
import type { Ref } from '../../../core/model/ref.ts'
import type { SummaryRow } from '../../../core/model/volume-row.ts'
import type { Volume } from '../../../core/volume/volume.ts'
import { type ArchivedFile, createBlobs } from './inventory-blobs.ts'
import { type MadeOf, openDatabase } from './inventory-database.ts'
import { createDirectories } from './inventory-directories.ts'
import { createLately, type Done } from './inventory-lately.ts'
import { lookInto, type Refreshed, type RefreshOptions, scanInto } from './inventory-refresh.ts'
import { type InventorySummary, type SummaryEdges, summarize } from './inventory-summary.ts'

/**
 * What an agent believes to be in a volume, in a file that can be lost at any time: one scan makes it again. It is never
 * the truth: whoever archives or releases looks at file and index. A blob is `unknown` until the index was
 * asked, then `waiting` or `archived`, or `left` when it could not be. Times in milliseconds since 1970, sizes in bytes.
 */
export interface Inventory {
  /** When the last scan that was complete began. */
  readonly lastScan: number | undefined
  /**
   * Compares the whole volume. What changed, and what was left, is unknown again. One scan or look at a time; throws what keeps
   * the volume from being looked at, and keeps what it had.
   */
  scan(volume: Volume, options?: RefreshOptions): Promise<Refreshed>
  /**
   * Takes over new oids and those that are gone, which costs next to nothing where there are none. Some new revisions
   * wait for the next scan. Before the first scan it finds nothing.
   */
  look(volume: Volume, options?: Pick<RefreshOptions, 'signal'>): Promise<Refreshed>
  unknown(limit: number): VolumeFile[]
  /** The largest first, in the order of the archive plan. May be changed while it is iterated, like `archived`. */
  waiting(minSize: number): Iterable<VolumeFile>
  /** What was archived first, first. */
  archived(): Iterable<ArchivedFile>
  /** Many changes at once; what throws leaves no trace. */
  transact<T>(work: () => T): T
  /** What waits is unknown again: somebody else may have archived it. */
  askAgain(): void
  setWaiting(refs: Iterable<Ref>): void
  setArchived(ref: Ref, archivedAt: number): void
  /** `code` of the error that a person should look at; tried again after the next scan. */
  setLeft(ref: Ref, code: string): void
  /** The volume has no copy any more. */
  remove(ref: Ref): void
  summarize(edges: SummaryEdges, now: number): Promise<InventorySummary>
  note(what: Done, blobs: number, bytes: number, now: number): void
  lately(now: number): SummaryRow['lately']
  /** Not while a scan, a look or a summary is under way. */
  close(): void
}

export interface InventoryOptions extends Pick<MadeOf, 'identity'> {
  now?(): number
}

/** The file is made anew where there is none that is whole, of this version and of the volume with this identity. */
export function openInventory(path: string, { identity, now = Date.now }: InventoryOptions): Inventory {
  const database = openDatabase(path, { identity, now: now() })
  const directories = createDirectories(database)
  const parts = { database, directories, now }
  return {
    get lastScan() {
      const { last_scan: lastScan } = database.sql('SELECT last_scan FROM about').get() ?? {}
      return typeof lastScan === 'number' ? lastScan : undefined
    },
    scan: (volume, options = {}) => scanInto(parts, volume, options),
    look: (volume, options = {}) => lookInto(parts, volume, options),
    ...createBlobs(database),
    ...createLately(database),
    summarize: (edges, at) => summarize(database, edges, at),
    transact: database.transact,
    close: database.close,
  }
}
