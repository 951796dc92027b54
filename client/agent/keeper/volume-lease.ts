import type { Tally } from '../../../core/model/archive-policy.ts'
import { isStillHeld, judgeLease } from '../../../core/model/judge-lease.ts'
import type { LeaseRow } from '../../../core/model/volume-row.ts'
import type { FleetIndex } from '../../../core/ports.ts'

/** Milliseconds: since 1970, and of a clock that nobody sets. */
export interface Clocks {
  now(): number
  monotonic(): number
}

export interface LeaseParts {
  fleet: FleetIndex
  database: string
  volume: string
  /** This agent, by a name that no other process has. */
  holder: string
  host: string
  /** Of the volume's directory. */
  identity: string
  /** Milliseconds. */
  heartbeat: number
  clocks: Clocks
}

type Health = Pick<LeaseRow, 'workedAt' | 'trouble'>

type LeaseState = 'held' | 'standing by' | 'name taken'

/** This agent's part in who works on a volume; one of these for each time that the volume was opened. */
export interface VolumeLease {
  /** To be called each heartbeat: takes the lease, renews it, or looks whether it can be taken. Tells how the work goes. */
  beat(health: Health): Promise<LeaseState>
  /** What is ours, as long as it surely is. */
  held(): LeaseRow | undefined
  /** Takes from an order's budget, before it is used; false when the lease was lost. */
  spend(run: number, tally: Tally): Promise<boolean>
  /** Lets another agent begin at once. */
  giveBack(): Promise<void>
}

export function createVolumeLease({ fleet, clocks, ...parts }: LeaseParts): VolumeLease {
  const { database, volume, holder, host, identity, heartbeat } = parts
  let own: { row: LeaseRow; renewed: number } | undefined
  let seen: { row: LeaseRow | undefined; since: number } | undefined
  let writing: Promise<unknown> = Promise.resolve()

  /** One write after the other, each against the row that the one before left. */
  function change(make: (row: LeaseRow) => LeaseRow): Promise<boolean> {
    const work = async () => {
      if (!own) return false
      const sent = clocks.monotonic()
      const after = { ...make(own.row), revision: own.row.revision + 1, heartbeatAt: clocks.now() }
      const done = await fleet.writeLease(own.row, after)
      own = done ? { row: after, renewed: sent } : undefined
      return done
    }
    const result = writing.then(work)
    writing = result.catch(() => {})
    return result
  }

  async function take(before: LeaseRow | undefined, health: Health): Promise<boolean> {
    const sent = clocks.monotonic()
    const row: LeaseRow = {
      formatVersion: 1,
      database,
      volume,
      revision: (before?.revision ?? 0) + 1,
      term: (before?.term ?? 0) + 1,
      holder,
      host,
      identity,
      heartbeatAt: clocks.now(),
      heartbeat,
      ...health,
      ...(before?.spent && { spent: before.spent }),
    }
    if (!(await fleet.writeLease(before, row))) return false
    own = { row, renewed: sent }
    return true
  }

  /** Since when the lease stands as it does; what changes is somebody's heartbeat. */
  function watch(row: LeaseRow | undefined): { row: LeaseRow | undefined; unchangedFor: number } {
    const now = clocks.monotonic()
    if (!seen || seen.row?.revision !== row?.revision) seen = { row, since: now }
    return { row, unchangedFor: now - seen.since }
  }

  const held = () => (own && isStillHeld(clocks.monotonic() - own.renewed, heartbeat) ? own.row : undefined)

  return {
    held,
    async beat(health) {
      if (held() && (await change(({ trouble: _, ...row }) => ({ ...row, ...health })))) return 'held'
      own = undefined
      const lease = await fleet.readLease(database, volume)
      const decision = judgeLease(watch(lease), { holder, identity })
      if (decision === 'take') return (await take(lease, health)) ? 'held' : 'standing by'
      return decision === 'name taken' ? decision : 'standing by'
    },
    spend: (run, { blobs, bytes }) =>
      change(row => {
        const before = row.spent?.run === run ? row.spent : { blobs: 0, bytes: 0 }
        return { ...row, spent: { run, blobs: before.blobs + blobs, bytes: before.bytes + bytes } }
      }),
    async giveBack() {
      await change(({ holder: _, ...row }) => row)
      own = undefined
    },
  }
}
