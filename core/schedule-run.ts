import { inParallel } from './in-parallel.ts'
import { NiceBlobsError } from './model/errors.ts'
import type { ScheduleLease } from './model/schedule-lease.ts'
import { planDatabase, type VolumeDecision } from './model/schedule-plan.ts'
import type { SchedulePolicy } from './model/schedule-policy.ts'
import { latestRun, type VolumeRows } from './model/volume-row.ts'
import type { FleetIndex } from './ports.ts'

/** Rows written at a time. */
const JOBS = 32
const ENDED = 0

export interface ScheduleRun {
  /** Of the run, by the schedule: milliseconds since 1970. */
  run: number
  /** Only tells what it would order; changes nothing. */
  dryRun: boolean
  /** How long this run may work: whoever finds it unended after that goes on in its place. */
  patience: number
  now(): number
}

/** `ended before`: this run, or a later one, has been worked off already. */
export type ScheduleOutcome =
  | { outcome: 'planned'; decisions: VolumeDecision[] }
  | { outcome: 'ended before' }

/**
 * One run of the schedule: reads what the agents tell, plans, writes the orders. One at a time, by a lease; a run that was ended
 * anywhere is worked off by its repetition, and one that is repeated gives nothing twice (I8).
 */
export async function runSchedule(
  fleet: FleetIndex,
  policy: SchedulePolicy,
  { run, dryRun, patience, now }: ScheduleRun,
): Promise<ScheduleOutcome> {
  if (dryRun) return { outcome: 'planned', decisions: await plan(fleet, policy, run, now()) }
  const lease = await takeLease(fleet, run, now(), patience)
  if (!lease) return { outcome: 'ended before' }
  const end = (until: number) =>
    fleet.writeScheduleLease(lease, { ...lease, revision: lease.revision + 1, until })
  const decisions = await plan(fleet, policy, run, now()).catch(async (error: unknown) => {
    // Its repetition need not wait; where not even this can be said, it waits until the lease is over.
    await end(now()).catch(() => {})
    throw error
  })
  // Should this fail, the lease stays: a write whose answer was lost may arrive late, when a repetition had divided the budget otherwise.
  await inParallel(decisions, JOBS, async ({ order }) => {
    if (order) await fleet.writeOrder(order)
  })
  await end(ENDED)
  return { outcome: 'planned', decisions }
}

async function plan(
  fleet: FleetIndex,
  { databases, every, silentAfter, leastFree }: SchedulePolicy,
  run: number,
  now: number,
): Promise<VolumeDecision[]> {
  const decisions: VolumeDecision[] = []
  for (const [database, policy] of Object.entries(databases)) {
    const volumes: VolumeRows[] = []
    for await (const rows of fleet.list(database)) volumes.push(rows)
    // Not spread into one push: there may be more of them than a call may have arguments.
    for (const decision of planDatabase(database, policy, volumes, {
      run,
      now,
      every,
      silentAfter,
      leastFree,
    }))
      decisions.push(decision)
  }
  return decisions
}

/** Undefined when there is nothing left to do for this run; throws while another one is at work. */
async function takeLease(
  fleet: FleetIndex,
  run: number,
  now: number,
  patience: number,
): Promise<ScheduleLease | undefined> {
  const before = await fleet.readScheduleLease()
  if (before && before.until > now) throw busy(before)
  if (before && isOver(before, run, now)) return undefined
  const revision = (before?.revision ?? 0) + 1
  const lease: ScheduleLease = { formatVersion: 1, revision, run, until: now + patience }
  if (await fleet.writeScheduleLease(before, lease)) return lease
  throw busy(before)
}

/** A run of the far future, by whatever mistake, ends no other. */
function isOver(last: ScheduleLease, run: number, now: number): boolean {
  if (last.run > latestRun(now)) return false
  return last.run > run || (last.run === run && last.until === ENDED)
}

function busy(other: ScheduleLease | undefined): NiceBlobsError {
  const run = other && new Date(other.run).toISOString()
  return new NiceBlobsError('SCHEDULE_BUSY', 'another run of the schedule is at work', {
    subject: run ?? 'schedule',
    hint: 'it is repeated by itself; nothing was ordered twice',
  })
}
