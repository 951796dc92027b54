import { readFileSync } from 'node:fs'

/**
 * Put before a program by `node --import`, in each of its threads, so that it tells the time by a simulated clock and
 * does not know. Imports nothing of ours: what is loaded here is loaded before the program, and unlike it.
 */

/** The time that a program sees lags behind a change of the clock by no more, in milliseconds. */
const FRESH = 10

const file = process.env.SANDBOX_CLOCK_FILE
if (file !== undefined) simulateDate(file)

function simulateDate(file: string): void {
  const RealDate = Date
  const realNow = Date.now
  const monotonic = performance.now.bind(performance)
  let ahead = 0
  let freshUntil = 0

  // Read when somebody asks, not by a timer: an idle program stays idle, and a busy one is never late.
  const now = (): number => {
    if (monotonic() >= freshUntil) {
      ahead = Number(readFileSync(file, 'utf8'))
      freshUntil = monotonic() + FRESH
    }
    return realNow() + ahead
  }
  RealDate.now = now
  const SimulatedDate = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
  })
  RealDate.prototype.constructor = SimulatedDate
  globalThis.Date = SimulatedDate
}
