import type { Archive } from '../../../core/archive.ts'
import type { VolumeFile } from '../../../core/model/archive-policy.ts'
import { NiceBlobsError } from '../../../core/model/errors.ts'
import type { KeepNear } from '../../../core/release.ts'
import { concernsAll } from '../../../core/run.ts'
import type { Volume } from '../../../core/volume/volume.ts'
import type { Inventory } from './inventory.ts'

/** What a keeper works on and with. */
export interface Workplace {
  readonly archive: Archive
  readonly volume: Volume
  readonly inventory: Inventory
  readonly keepNear?: KeepNear
  /** Told of each blob that has moved. */
  did(what: 'archived' | 'released', bytes: number): void
  /** Told of what a person should know; nothing of it ends the work. */
  tell(trouble: NiceBlobsError): void
}

/** What passes by itself: the file is looked at again. */
const PASSING: readonly NiceBlobsError['code'][] = ['SOURCE_CHANGED', 'BLOB_BUSY']

/**
 * One file's trouble is noted and passed by; what would be the same trouble for every file is thrown. After an abort nothing is noted
 * any more.
 */
export async function attemptFile(
  { inventory, tell }: Pick<Workplace, 'inventory' | 'tell'>,
  { ref }: VolumeFile,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (signal.aborted) return
    if (!(error instanceof NiceBlobsError) || concernsAll(error)) throw error
    if (error.code === 'SOURCE_VANISHED') inventory.remove(ref)
    else if (!PASSING.includes(error.code)) {
      inventory.setLeft(ref, error.code)
      tell(error)
    }
  }
}
