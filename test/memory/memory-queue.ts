import type { ShardWork } from '../../core/model/garbage-message.ts'
import type { WorkQueue } from '../../core/ports.ts'

export type MemoryQueue = WorkQueue & {
  /** What was sent and nobody has taken, in that order. */
  readonly works: ShardWork[]
  /** What every sending throws from now on, until it is taken back. */
  failWith(error: Error | undefined): void
}

export function createMemoryQueue(): MemoryQueue {
  const works: ShardWork[] = []
  let failure: Error | undefined
  return {
    works,
    failWith(error) {
      failure = error
    },
    async send(more) {
      if (failure) throw failure
      works.push(...more)
    },
  }
}
