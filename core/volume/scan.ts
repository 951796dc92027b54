import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createBatch, type ScanBatch } from './scan-batch.ts'
import type { ScanWork } from './scan-worker.ts'
import type { Volume } from './volume.ts'
import { splitWork, walk } from './walk.ts'

const THREADS = Math.min(4, Math.max(2, availableParallelism()))
const PATHS_TO_SHARE = 256
const BATCHES_IN_FLIGHT = 16
/** Without a limit a thread keeps garbage for as long as the host has memory. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 }

/** The same file as source and as published JavaScript. */
const WORKER = new URL(`./scan-worker${extname(import.meta.filename)}`, import.meta.url)

/** Everything in a volume, batch by batch, in no particular order; memory does not grow with the volume. */
export async function* scanVolume(volume: Volume): AsyncGenerator<ScanBatch> {
  const waiting: ScanBatch[] = []
  const above = createBatch(batch => waiting.push(batch))
  const { directory, layout } = volume
  const share = splitWork(directory, layout, PATHS_TO_SHARE, above.visitor)
  // So few blobs that starting threads would take longer than to look at them.
  const few = share.paths.length < PATHS_TO_SHARE
  if (few) for (const path of share.paths) walk(directory, layout, path, share.level, above.visitor)
  above.flush()
  yield* waiting.splice(0)
  if (few) return

  const counters = new Int32Array(new SharedArrayBuffer(8))
  const work: ScanWork = {
    directory,
    layout: layout.name,
    ...share,
    counters,
    mostInFlight: BATCHES_IN_FLIGHT,
  }
  yield* readThreads(work, THREADS, waiting)
}

async function* readThreads(
  work: ScanWork,
  threads: number,
  waiting: ScanBatch[],
): AsyncGenerator<ScanBatch> {
  let running = threads
  let failure: unknown
  let wake = () => {}
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(WORKER, { workerData: work, resourceLimits: THREAD_MEMORY })
    worker.on('message', (batch: ScanBatch) => {
      waiting.push(batch)
      wake()
    })
    worker.on('error', error => {
      failure = error
    })
    worker.on('exit', () => {
      running -= 1
      wake()
    })
    return worker
  })
  try {
    while (running > 0 || waiting.length > 0) {
      const batch = waiting.shift()
      if (batch === undefined) await new Promise<void>(resolve => (wake = resolve))
      else {
        yield batch
        Atomics.sub(work.counters, 1, 1)
        Atomics.notify(work.counters, 1)
      }
    }
    if (failure !== undefined) throw failure
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()))
  }
}
