import { parentPort, workerData } from 'node:worker_threads'
import { layoutNamed } from '../model/layout/choose-layout.ts'
import type { LayoutName } from '../model/layout/layout.ts'
import { createBatch, type ScanBatch } from './scan-batch.ts'
import { walk } from './walk.ts'

/** Given to each thread: what to walk, and counters all threads share. */
export interface ScanWork {
  directory: string
  layout: LayoutName
  level: number
  paths: readonly string[]
  /** [0] the next path to take, [1] batches on their way that nobody has consumed yet. */
  counters: Int32Array<SharedArrayBuffer>
  mostInFlight: number
}

const work = workerData as ScanWork
const layout = layoutNamed(work.layout)

function send(batch: ScanBatch): void {
  parentPort?.postMessage(batch)
  // The reader may be slower than the disk; memory stays flat because we sleep until it has caught up.
  let inFlight = Atomics.add(work.counters, 1, 1) + 1
  while (inFlight >= work.mostInFlight) {
    Atomics.wait(work.counters, 1, inFlight)
    inFlight = Atomics.load(work.counters, 1)
  }
}

const batch = createBatch(send)
for (;;) {
  const path = work.paths[Atomics.add(work.counters, 0, 1)]
  if (path === undefined) break
  walk(work.directory, layout, path, work.level, batch.visitor)
}
batch.flush()
