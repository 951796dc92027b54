import { setTimeout as delay } from 'node:timers/promises'
import { translateError } from './translate-error.ts'

/**
 * Repeating what the SDK cannot repeat by itself: an upload whose stream is used up, a body that breaks off, a 409. The
 * waits have full jitter, so that a fleet does not come back all at once; the budget is shared by a whole process, so
 * that an outage is not made worse by it.
 */
export interface Retry {
  /** Waits and answers true; answers false at once when the attempts or the budget are used up. */
  again(attemptsMade: number, signal?: AbortSignal): Promise<boolean>
  /** Refills the budget: a little, or all that its repetitions took. */
  succeeded(attemptsMade: number): void
}

export interface RetryOptions {
  attempts: number
  /** Milliseconds; the longest wait doubles from the first on. */
  firstWait: number
  longestWait: number
}

const BUDGET = 500
const COST = 5
const PATIENT: RetryOptions = { attempts: 5, firstWait: 100, longestWait: 5_000 }

export function createRetry({ attempts, firstWait, longestWait }: RetryOptions = PATIENT): Retry {
  let budget = BUDGET
  return {
    async again(attemptsMade, signal) {
      if (attemptsMade >= attempts || budget < COST || signal?.aborted) return false
      budget -= COST
      const longest = Math.min(longestWait, firstWait * 2 ** (attemptsMade - 1))
      await delay(Math.random() * longest, undefined, signal ? { signal } : {}).catch(() => {})
      return !signal?.aborted
    },
    succeeded(attemptsMade) {
      budget = Math.min(BUDGET, budget + (attemptsMade > 1 ? COST * (attemptsMade - 1) : 1))
    },
  }
}

/** Whether the same request may work in a moment. */
export function isPassing(error: unknown): boolean {
  const { code } = translateError(error, '')
  return error instanceof Error && (code === 'SERVER_BUSY' || code === 'SERVER_UNREACHABLE')
}

/** Does work until it succeeds, fails for good, or the patience is at its end. */
export async function repeat<T>(
  retry: Retry,
  work: () => Promise<T>,
  mayRepeat: (error: unknown) => boolean,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      const result = await work()
      retry.succeeded(attempts)
      return result
    } catch (error) {
      if (!mayRepeat(error) || !(await retry.again(attempts, signal))) throw error
    }
  }
}
