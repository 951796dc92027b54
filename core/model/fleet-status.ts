import type { ArchivePolicy, Tally } from './archive-policy.ts'
import { backlogOf, becomingDue, isFilling, overdueSince, sumOf, undecidedOf } from './backlog.ts'
import { budgetLeft } from './order-plan.ts'
import { DAY } from './quantity.ts'
import { isUnattended, judgePresence, type Presence } from './volume-presence.ts'
import type { OrderRow, SummaryRow, VolumeRows } from './volume-row.ts'

/** What a person wants to know of volumes, out of what their agents and the schedule told. Times as in volume-row.ts. */

/** `given back`: its agent ended in order, and none has taken it since. */
export type VolumeState = Presence | 'given back' | 'unreadable'

/** Bytes a day. */
export interface Pace {
  readonly archived: number
  readonly released: number
  readonly becomingDue: number
}

/** A volume as of its summary. */
export interface VolumeContent {
  readonly madeAt: number
  readonly waiting: Tally
  /** Of what waits: due for sure, and what may be, since a threshold cuts its class. */
  readonly due: Tally
  readonly undecided: Tally
  readonly dueSince: number | undefined
  readonly archived: Tally
  readonly left: Tally
  readonly disk: SummaryRow['disk']
  readonly filling: boolean
  readonly cache: SummaryRow['cache']
  readonly pace: Pace
}

export interface VolumeReport {
  readonly volume: string
  readonly state: VolumeState
  readonly host: string | undefined
  readonly heartbeatAt: number | undefined
  readonly unreadable: string | undefined
  readonly content: VolumeContent | undefined
  /** Milliseconds until nothing is due; undefined when nobody can tell, or never at this pace. */
  readonly doneIn: number | undefined
  /** What is left of its order, without a limit where there is no number; undefined when nothing may leave. */
  readonly allowed: { readonly until: number; readonly blobs?: number; readonly bytes?: number } | undefined
}

export interface Faults {
  /** Without a heartbeat, in milliseconds. */
  silentAfter: number
  /** The share of a disk that has to be free. */
  leastFree: number
}

export function describeVolume(
  rows: VolumeRows,
  policy: ArchivePolicy,
  now: number,
  faults: Faults,
): VolumeReport {
  const { volume, lease, summary, unreadable } = rows
  const content = summary && contentOf(summary, policy, faults.leastFree)
  return {
    volume,
    state: stateOf(rows, now, faults.silentAfter),
    host: lease?.host,
    heartbeatAt: lease?.heartbeatAt,
    unreadable,
    content,
    doneIn: content && forecast(content.due.bytes, content.pace),
    allowed: allowedBy(rows, now),
  }
}

/** Milliseconds until so many bytes are worked off; undefined when they become more, or none were lately. */
export function forecast(due: number, { archived, becomingDue }: Pace): number | undefined {
  if (due === 0) return 0
  return archived > becomingDue ? (due / (archived - becomingDue)) * DAY : undefined
}

/** Of all volumes of a database together, but for those that are gone. */
export function addUp(volumes: readonly VolumeReport[]) {
  const contents = volumes.flatMap(({ state, content }) => (content && state !== 'gone' ? [content] : []))
  const sum = (of: 'waiting' | 'due' | 'undecided' | 'archived' | 'left') =>
    sumOf(contents.map(content => content[of]))
  const pace = (of: keyof Pace) => contents.reduce((total, content) => total + content.pace[of], 0)
  const paces = {
    archived: pace('archived'),
    released: pace('released'),
    becomingDue: pace('becomingDue'),
  }
  const due = sum('due')
  return {
    summaries: contents.length,
    ...{ waiting: sum('waiting'), due, undecided: sum('undecided') },
    ...{ archived: sum('archived'), left: sum('left') },
    ...{ pace: paces, doneIn: forecast(due.bytes, paces) },
  }
}

export function isSilent({ state }: VolumeReport): boolean {
  return isUnattended(state)
}

export function needsPerson(report: VolumeReport): boolean {
  const { state, content } = report
  return isSilent(report) || (state !== 'gone' && (content?.left.blobs ?? 0) > 0)
}

function stateOf(rows: VolumeRows, now: number, silentAfter: number): VolumeState {
  if (rows.unreadable !== undefined) return 'unreadable'
  const presence = judgePresence(rows, now, silentAfter)
  return presence === 'present' && rows.lease?.holder === undefined ? 'given back' : presence
}

function contentOf(summary: SummaryRow, policy: ArchivePolicy, leastFree: number): VolumeContent {
  const { madeAt, lately, archived, left, disk, cache } = summary
  const aDay = ({ bytes }: Tally) => (madeAt > lately.since ? (bytes * DAY) / (madeAt - lately.since) : 0)
  return {
    ...{ madeAt, archived, left, disk, cache },
    waiting: sumOf(summary.waiting.cells.map(([, , blobs, bytes]) => ({ blobs, bytes }))),
    due: backlogOf(summary, policy),
    undecided: undecidedOf(summary, policy),
    dueSince: overdueSince(summary, policy),
    filling: isFilling(summary, leastFree),
    pace: {
      archived: aDay(lately.archived),
      released: aDay(lately.released),
      becomingDue: becomingDue(summary, policy),
    },
  }
}

function allowedBy({ order, lease }: VolumeRows, now: number): VolumeReport['allowed'] {
  const until = order && untilOf(order)
  if (!order || until === undefined || until <= now) return undefined
  const left = budgetLeft(order, { spent: lease?.spent })
  if (left.blobs <= 0 || left.bytes <= 0) return undefined
  return {
    until,
    ...(Number.isFinite(left.blobs) && { blobs: left.blobs }),
    ...(Number.isFinite(left.bytes) && { bytes: left.bytes }),
  }
}

function untilOf({ issuedAt, validFor }: OrderRow): number {
  return issuedAt + validFor
}
