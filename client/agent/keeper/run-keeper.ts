import { setTimeout as delay } from 'node:timers/promises'
import type { Keeper } from './keeper.ts'

/** Beats regularly, whatever the work takes, and works whenever there is something to do; until the signal. */
export async function runKeeper(keeper: Keeper, heartbeat: number, signal: AbortSignal): Promise<void> {
  let working: Promise<void> | undefined
  const work = async () => {
    while (!signal.aborted && (await keeper.work()));
  }
  while (!signal.aborted) {
    const began = performance.now()
    await keeper.beat()
    working ??= work().finally(() => {
      working = undefined
    })
    const left = heartbeat - (performance.now() - began)
    await delay(Math.max(0, left), undefined, { signal }).catch(() => {})
  }
  await keeper.end()
  await working
}
