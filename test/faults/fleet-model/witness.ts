import type { Tally } from '../../../core/model/archive-policy.ts'
import { BEATS_OF_A_LEASE } from '../../../core/model/judge-lease.ts'
import { parseBlobKey } from '../../../core/model/key.ts'
import type { Budget, LeaseRow, OrderRow } from '../../../core/model/volume-row.ts'
import type { Agent } from './agent.ts'
import { BEAT, databaseOf, type VolumeName } from './oracle.ts'
import type { World } from './world.ts'

/** For so long after its last renewal an agent may believe that it has the lease. */
const LEASE = (BEATS_OF_A_LEASE - 1) * BEAT

/** Sees what is written into bucket and fleet, at the moment it is, and alarms at once. */
export type Witness = ReturnType<typeof createWitness>

export function createWitness(world: World) {
  const limits = new Map<string, Tally>()
  const orders = new Map<string, OrderRow>()
  const claims = new Map<string, Tally>()
  const uploads = new Map<string, Tally>()
  const nameOf = (volume: string, run: number) => `${volume} ${run}`

  function ordersOf(database: string, run: number): OrderRow[] {
    return [...orders.values()].filter(order => order.database === database && order.run === run)
  }

  return {
    /** A run of the schedule begins by the policies as they are. */
    invoked(run: number): void {
      for (const [database, { schedule }] of Object.entries(world.policy.databases)) {
        const before = limits.get(nameOf(database, run)) ?? { blobs: 0, bytes: 0 }
        limits.set(nameOf(database, run), {
          blobs: Math.max(before.blobs, schedule?.blobsPerRun ?? Number.POSITIVE_INFINITY),
          bytes: Math.max(before.bytes, schedule?.bytesPerRun ?? Number.POSITIVE_INFINITY),
        })
      }
    },

    ordered(order: OrderRow): void {
      const { database, volume, run } = order
      const name = nameOf(`${database}/${volume}`, run)
      if (orders.has(name)) world.alarm(`${name} is ordered twice (I8)`)
      orders.set(name, order)
      const given = sum(ordersOf(database, run).map(({ budget }) => atMost(budget)))
      requireWithin(world, `orders of ${nameOf(database, run)}`, given, limits.get(nameOf(database, run)))
    },

    /** `sent` by the monotonic clock. */
    leased(before: LeaseRow | undefined, after: LeaseRow, agent: Agent, sent: number): void {
      const volume = `${after.database}/${after.volume}`
      if (volume !== agent.volume) world.alarm(`${agent.name} writes the lease of ${volume} (I9)`)
      const other = world.agents.find(({ name }) => name === before?.holder && name !== after.holder)
      const until = other && !other.dead && other.renewed !== undefined ? other.renewed + LEASE : 0
      if (other && after.holder !== undefined && world.time.passed < until)
        world.alarm(`${agent.name} takes the lease that ${other.name} still has`)
      agent.renewed = after.holder === undefined ? undefined : sent
      const { spent } = after
      if (!spent || JSON.stringify(spent) === JSON.stringify(before?.spent)) return
      agent.claimed = spent.run
      const name = nameOf(volume, spent.run)
      claims.set(name, larger(claims.get(name), spent))
      requireWithin(
        world,
        `claims of ${name}`,
        spent,
        atMost(orders.get(name)?.budget ?? { blobs: 0, bytes: 0 }),
      )
    },

    stored(key: string, content: Buffer, agent: Agent): void {
      const blob = world.blobOf(key)
      const parsed = parseBlobKey(key)
      if (!blob || parsed?.database !== databaseOf(agent.volume) || blob.volume !== agent.volume) {
        world.alarm(`${agent.name} stores ${key}, which is none of its blobs (I9)`)
        return
      }
      if (blob.stored !== undefined && !blob.harmed) world.alarm(`${key} is stored twice (I3)`)
      if (!content.equals(blob.content)) world.alarm(`${key} is stored with other bytes (I3)`)
      blob.stored = world.time.now
      const age = world.time.now - blob.written
      const allowed = agent.orders.some(
        ({ archive }) => age >= 0 && age >= archive.minAge && content.length >= archive.minSize,
      )
      if (!allowed) world.alarm(`${agent.name} archives ${key}, which no order lets it`)
      countUpload(agent, content.length)
    },
  }

  function countUpload({ claimed, orders, volume, name: by }: Agent, bytes: number): void {
    if (claimed === undefined) {
      if (!orders.some(({ budget }) => budget.blobs === undefined && budget.bytes === undefined))
        world.alarm(`${by} archives what it has not taken from its budget`)
      return
    }
    const name = nameOf(volume, claimed)
    const before = uploads.get(name) ?? { blobs: 0, bytes: 0 }
    uploads.set(name, { blobs: before.blobs + 1, bytes: before.bytes + bytes })
    requireWithin(world, `uploads of ${name}`, uploads.get(name), claims.get(name))
    const all = sum([...uploads].filter(([other]) => isOf(other, volume, claimed)).map(([, tally]) => tally))
    const run = nameOf(databaseOf(volume), claimed)
    requireWithin(world, `uploads of ${run}`, all, limits.get(run))
  }
}

const isOf = (name: string, volume: VolumeName, run: number) =>
  name.startsWith(`${databaseOf(volume)}/`) && name.endsWith(` ${run}`)

const atMost = ({ blobs, bytes }: Budget): Tally => ({
  blobs: blobs ?? Number.POSITIVE_INFINITY,
  bytes: bytes ?? Number.POSITIVE_INFINITY,
})

const larger = (before: Tally | undefined, { blobs, bytes }: Tally): Tally => ({
  blobs: Math.max(before?.blobs ?? 0, blobs),
  bytes: Math.max(before?.bytes ?? 0, bytes),
})

const sum = (tallies: readonly Tally[]): Tally => ({
  blobs: tallies.reduce((all, { blobs }) => all + blobs, 0),
  bytes: tallies.reduce((all, { bytes }) => all + bytes, 0),
})

/** Without a limit an infinite sum is within it. */
function requireWithin(world: World, what: string, given: Tally | undefined, limit: Tally | undefined): void {
  for (const unit of ['blobs', 'bytes'] as const) {
    const [amount, most] = [given?.[unit] ?? 0, limit?.[unit] ?? 0]
    if (amount > most) world.alarm(`${what}: ${amount} ${unit} of ${most}`)
  }
}
