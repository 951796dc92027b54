import { allowedFor, parseHours } from './allowed-hours.ts'
import type { Tally } from './archive-policy.ts'
import { backlogOf, dueCells, isFilling, overdueSince } from './backlog.ts'
import { divideBudget, type Limits, nothingOf, type Share } from './divide-budget.ts'
import type { DatabasePolicy } from './schedule-policy.ts'
import { judgePresence, type Presence } from './volume-presence.ts'
import { latestRun, type OrderRow, type VolumeRows } from './volume-row.ts'

/** Why a volume gets an order, or none. */
export type ScheduleReason =
  | 'ordered'
  | 'to be released'
  | 'ordered before'
  | 'nothing to do'
  | 'budget spent'
  | 'outside the allowed hours'
  | 'not scheduled'
  | 'unreadable'
  | Exclude<Presence, 'present'>

export interface VolumeDecision {
  readonly database: string
  readonly volume: string
  readonly reason: ScheduleReason
  /** What waits and is due, by its last summary. */
  readonly due: Tally
  /** Since when something has been due, milliseconds since 1970. */
  readonly overdueSince: number | undefined
  readonly filling: boolean
  /** To be written. */
  readonly order?: OrderRow
}

export interface RunTimes {
  /** The scheduled time, by which a run is known however often it is delivered. */
  readonly run: number
  readonly now: number
  /** Between two runs. */
  readonly every: number
  readonly silentAfter: number
  /** The share of a disk that has to be free. */
  readonly leastFree: number
}

/** An order outlasts a run that comes late, or not at all. */
const RUNS_VALID = 2
/** Milliseconds. Longer than the clock of a host may be ahead without being told of it. */
const LEAST_VALID = 1_800_000

/**
 * What the volumes of one database may do until the next run: within the budget of the run, in the allowed hours, the largest
 * blobs of the whole database first. Orders of the same run that are there already stand, and what they took is spent, so that a
 * run that is repeated or was broken off gives no more than once (I8). All times in milliseconds.
 */
export function planDatabase(
  database: string,
  policy: DatabasePolicy,
  volumes: readonly VolumeRows[],
  times: RunTimes,
): VolumeDecision[] {
  const validFor = validity(policy, times)
  const judged = volumes.map(rows => ({ rows, ...judge(rows, policy, validFor, times) }))
  const open = judged.filter(({ reason }) => reason === undefined)
  const before = volumes.flatMap(({ order }) => (order?.run === times.run ? [order] : []))
  const shares = divideBudget(
    limitsOf(policy),
    before.map(({ budget }) => budget),
    open.map(({ rows, filling }) => ({
      volume: rows.volume,
      pressed: filling,
      cells: cellsOf(rows, policy),
    })),
  )
  return judged.map(({ rows, reason, ...known }) => {
    const decision = { database, volume: rows.volume, ...known }
    if (reason !== undefined) return { ...decision, reason }
    const share = shares.get(rows.volume)
    const order = makeOrder(database, rows.volume, policy, share, validFor, times)
    const given = share !== undefined || isWanted(rows, order)
    return { ...decision, reason: reasonFor(rows, share, known.due), ...(given && { order }) }
  })
}

function limitsOf({ schedule }: DatabasePolicy): Limits {
  return { blobs: schedule?.blobsPerRun, bytes: schedule?.bytesPerRun }
}

function cellsOf({ summary }: VolumeRows, { archive }: DatabasePolicy) {
  return summary ? dueCells(summary, archive) : []
}

/** For how long an order given now may be followed; 0 outside of the hours. */
function validity({ schedule }: DatabasePolicy, { now, every }: RunTimes): number {
  const hours = schedule?.hours === undefined ? undefined : parseHours(schedule.hours)
  const longest = Math.max(RUNS_VALID * every, LEAST_VALID)
  return hours && schedule ? Math.min(longest, allowedFor(hours, schedule.timeZone, now)) : longest
}

/** What is known of a volume, and why it can get no order whatever the budget is. */
function judge(rows: VolumeRows, policy: DatabasePolicy, validFor: number, times: RunTimes) {
  const { summary } = rows
  return {
    due: summary ? backlogOf(summary, policy.archive) : { blobs: 0, bytes: 0 },
    overdueSince: summary && overdueSince(summary, policy.archive),
    filling: summary !== undefined && isFilling(summary, times.leastFree),
    reason: hindrance(rows, policy, validFor, times),
  }
}

function hindrance(
  rows: VolumeRows,
  policy: DatabasePolicy,
  validFor: number,
  { run, now, silentAfter }: RunTimes,
): ScheduleReason | undefined {
  const { lease, summary, order, unreadable } = rows
  // An order that cannot be read is written anew.
  if (unreadable !== undefined && !(lease && summary)) return 'unreadable'
  const presence = judgePresence(rows, now, silentAfter)
  if (presence !== 'present') return presence
  if (!policy.schedule) return 'not scheduled'
  if (order && order.run >= run && order.run <= latestRun(now)) return 'ordered before'
  return validFor > 0 ? undefined : 'outside the allowed hours'
}

function reasonFor({ summary }: VolumeRows, share: Share | undefined, due: Tally): ScheduleReason {
  if (share) return 'ordered'
  if (summary && summary.archived.blobs > 0) return 'to be released'
  return due.blobs > 0 ? 'budget spent' : 'nothing to do'
}

/**
 * Whether an order is of use that lets nothing be archived: a release needs one too, an agent learns the policy from it and then
 * counts by its limits, and it ends what an earlier one allows. Otherwise an idle volume costs no write.
 */
function isWanted({ summary, order }: VolumeRows, next: OrderRow): boolean {
  if (!order || (summary && summary.archived.blobs > 0)) return true
  const samePolicy =
    JSON.stringify([order.archive, order.release]) === JSON.stringify([next.archive, next.release])
  return !samePolicy || (!letsNothing(order) && next.issuedAt < order.issuedAt + order.validFor)
}

function letsNothing({ budget }: OrderRow): boolean {
  return budget.blobs === 0 || budget.bytes === 0
}

function makeOrder(
  database: string,
  volume: string,
  policy: DatabasePolicy,
  share: Share | undefined,
  validFor: number,
  { run, now }: RunTimes,
): OrderRow {
  const { archive, release } = policy
  const budget = share ?? nothingOf(limitsOf(policy))
  return { formatVersion: 1, database, volume, run, issuedAt: now, validFor, archive, release, budget }
}
