import { isValid, type SeenOrder, timeByOrder } from '../../../core/model/order-plan.ts'
import type { OrderRow } from '../../../core/model/volume-row.ts'
import type { FleetIndex } from '../../../core/ports.ts'
import { createOrderWork, type OrderWork } from './order-work.ts'
import type { Clocks, VolumeLease } from './volume-lease.ts'
import type { Workplace } from './workplace.ts'

/** The last order of a volume, as long as an agent keeps it, and how far it has been followed. */
export interface OrderBook {
  readonly order: OrderRow | undefined
  /** What is being done for it, if it is still valid and there is anything left to do. */
  readonly doing: Exclude<OrderWork['doing'], 'nothing'> | undefined
  /** By the agent's clock, and never later than by the schedule's: milliseconds since 1970. */
  now(): number
  /** Whether there is a new one. */
  look(): Promise<boolean>
  /** Blobs come, and delays pass: what an order lets be done is never done with. `found`: there are blobs that were not there before. */
  goOn(place: Workplace, found: boolean): void
  /** The next part of it; false when there is nothing to do for now. */
  follow(place: Workplace, lease: VolumeLease, signal: AbortSignal): Promise<boolean>
  /** What is under way belongs to a lease that was lost. */
  breakOff(): void
}

export function createOrderBook(
  fleet: FleetIndex,
  database: string,
  volume: string,
  clocks: Clocks,
): OrderBook {
  let last: { order: OrderRow; since: number } | undefined
  let work: OrderWork | undefined

  const seen = (): SeenOrder | undefined =>
    last && { order: last.order, seenFor: clocks.monotonic() - last.since }
  const valid = () => {
    const current = seen()
    return current && isValid(current, clocks.now()) ? current.order : undefined
  }

  return {
    get order() {
      return last?.order
    },
    get doing() {
      return valid() && work && work.doing !== 'nothing' ? work.doing : undefined
    },
    now() {
      const current = seen()
      return current ? timeByOrder(current, clocks.now()) : clocks.now()
    },
    async look() {
      const order = await fleet.readOrder(database, volume)
      if (!order || order.run === last?.order.run) return false
      last = { order, since: clocks.monotonic() }
      work = undefined
      return true
    },
    goOn(place, found) {
      if (!last || !work) return
      if (found) work = createOrderWork(place, last.order, 'archiving')
      else if (work.doing === 'nothing') work = createOrderWork(place, last.order, 'releasing')
    },
    async follow(place, lease, signal) {
      const order = valid()
      if (signal.aborted || !order) return false
      work ??= createOrderWork(place, order, 'archiving')
      return work.doing !== 'nothing' && (await work.step(lease, signal))
    },
    breakOff() {
      work = undefined
    },
  }
}
