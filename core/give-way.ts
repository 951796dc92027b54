import { setImmediate } from 'node:timers/promises'

/** Milliseconds that synchronous work may keep everything else of its process waiting. */
const TURN = 10

/** To be called between the steps of long synchronous work: every few milliseconds others have their turn. */
export function createGiveWay(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < TURN) return
    await setImmediate()
    since = performance.now()
  }
}
