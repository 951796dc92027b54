import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

/** Asked for the time, it and a thread of its own tell it; in a process of its own, to which nobody told of any clock. */

const FRESH = 15
const tellTime = () => ({ now: Date.now(), constructed: new Date().toISOString(), called: Date() })

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url))
  process.on('message', async () => {
    await delay(FRESH)
    worker.postMessage('')
    const [inThread] = await once(worker, 'message')
    process.send?.({ inProcess: tellTime(), inThread })
  })
} else {
  parentPort?.on('message', () => parentPort?.postMessage(tellTime()))
}
