import { replaceFile } from './s3/bucket.ts'

const CLOCK_VARIABLE = 'SANDBOX_CLOCK_FILE'

const PRELOAD = new URL('./clock-preload.ts', import.meta.url)

/** Whoever lives by a clock sees it set no later than after so many milliseconds (clock-preload.ts). */
export const CLOCK_LAG = 15

/** Times and durations in milliseconds, as of `Date.now()`. */
export interface SimulatedClock {
  now(): number
  /** Later or earlier, as a clock that somebody puts right. */
  set(time: number): void
  advance(duration: number): void
  /** A child process with these variables lives by this clock, with its threads and its own children. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * Goes on as fast as the real one, from where it was last set: whoever waits a second waits a second, and no time-out
 * of a connection fires early. The file holds how far it is ahead; monotonic time and that of the disk are real.
 */
export function startClock(file: string, time = Date.now()): SimulatedClock {
  let ahead = 0
  const now = () => Date.now() + ahead
  const set = (to: number) => {
    ahead = Math.round(to - Date.now())
    replaceFile(file, String(ahead))
  }
  set(time)
  return {
    now,
    set,
    advance: duration => set(now() + duration),
    environment: { NODE_OPTIONS: `--import=${PRELOAD.href}`, [CLOCK_VARIABLE]: file },
  }
}
