import type { SweepStores } from '../../core/sweep.ts'

/** The call of all calls that fails: before its work is done, or after it, when only the answer is lost. */
export interface Failure {
  at: number
  moment: 'before' | 'after'
  error: Error
  /** Whether nothing works from then on, as in a process that was killed. */
  forGood: boolean
}

type Method = (...words: unknown[]) => unknown

/** Calls whose failing tells nothing new, as there are many of them before anything is begun. */
const READING = ['list', 'listShard', 'get']

/** Stores of which one call fails; `calls` tells how many there were, those that only read aside. */
export function createFailingStores(stores: SweepStores, failure?: Failure) {
  const counted = { calls: 0 }
  let dead = false
  const wrap = <Port extends object>(port: Port): Port => {
    const entries = Object.entries(port).map(([name, member]) => {
      if (typeof member !== 'function' || READING.includes(name)) return [name, member]
      const method: Method = (...words) => fail(() => (member as Method).apply(port, words))
      return [name, method]
    })
    return { ...port, ...Object.fromEntries(entries) }
  }
  async function fail(work: () => unknown): Promise<unknown> {
    if (dead) throw failure?.error
    counted.calls += 1
    const now = failure?.at === counted.calls
    if (now && failure.moment === 'before') {
      dead = failure.forGood
      throw failure.error
    }
    const answer = await work()
    if (!now) return answer
    dead = failure.forGood
    throw failure.error
  }
  const wrapped: SweepStores = {
    bucket: wrap(stores.bucket),
    versions: wrap(stores.versions),
    index: wrap(stores.index),
    reports: wrap(stores.reports),
  }
  return { counted, stores: wrapped }
}
