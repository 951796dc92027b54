import type { VolumeFile } from '../model/archive-policy.ts'
import type { Stranger, WalkVisitor } from './walk.ts'

const BLOBS_PER_BATCH = 4096

/** Many files as columns, which cross from thread to thread much faster than as many objects. */
export interface ScanBatch {
  /** 32 hex digits for each blob: oid, tid. */
  ids: string
  sizes: number[]
  /** ctimes, milliseconds since 1970. */
  changed: number[]
  strangers: Stranger[]
  emptyLeaves: { path: string; since: number }[]
}

function emptyBatch(): ScanBatch {
  return { ids: '', sizes: [], changed: [], strangers: [], emptyLeaves: [] }
}

/** A visitor that hands on what it is shown in batches. */
export function createBatch(send: (batch: ScanBatch) => void): { visitor: WalkVisitor; flush(): void } {
  let batch = emptyBatch()
  const flush = () => {
    const full = batch
    batch = emptyBatch()
    if (full.sizes.length + full.strangers.length + full.emptyLeaves.length > 0) send(full)
  }
  const flushWhenFull = () => {
    if (batch.sizes.length + batch.strangers.length + batch.emptyLeaves.length >= BLOBS_PER_BATCH) flush()
  }
  return {
    flush,
    visitor: {
      blob(ref, stats) {
        batch.ids += ref.oid + ref.tid
        batch.sizes.push(stats.size)
        batch.changed.push(stats.ctimeMs)
        flushWhenFull()
      },
      stranger(stranger) {
        batch.strangers.push(stranger)
        flushWhenFull()
      },
      emptyLeaf(path, since) {
        batch.emptyLeaves.push({ path, since })
        flushWhenFull()
      },
    },
  }
}

export function* blobsOf(batch: ScanBatch): Generator<VolumeFile> {
  for (let i = 0; i < batch.sizes.length; i += 1) {
    const at = i * 32
    yield {
      ref: { oid: batch.ids.slice(at, at + 16), tid: batch.ids.slice(at + 16, at + 32) },
      size: batch.sizes[i] ?? 0,
      changed: batch.changed[i] ?? 0,
    }
  }
}
