import { syncBuiltinESMExports } from 'node:module'
import threads, { type WorkerOptions } from 'node:worker_threads'

const REGISTER = new URL('./register.ts', import.meta.url).href

/** Threads started from now on have the failpoints too, with the same fault armed. */
export function interposeThreads(): void {
  const { Worker } = threads
  threads.Worker = class extends Worker {
    constructor(file: string | URL, options: WorkerOptions = {}) {
      super(file, { ...options, execArgv: ['--import', REGISTER] })
    }
  }
  syncBuiltinESMExports()
}
