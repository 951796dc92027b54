import type { LeaseRow } from './volume-row.ts'

/** Heartbeats without a change after which a lease is nobody's any more. */
export const BEATS_OF_A_LEASE = 5

/** A lease as somebody else's agent sees it. `unchangedFor`: since it was first seen so, by the observer's own monotonic clock. */
export interface SeenLease {
  readonly row: LeaseRow | undefined
  readonly unchangedFor: number
}

export type LeaseDecision = 'take' | 'stand by' | 'name taken'

/**
 * Whether a volume's lease may be taken. No two clocks are compared: an agent that lives changes its lease with every heartbeat, and
 * one whose lease stayed as it is for this long has stopped working by its own clock. All durations in milliseconds.
 */
export function judgeLease(
  { row, unchangedFor }: SeenLease,
  own: Pick<LeaseRow, 'holder' | 'identity'>,
): LeaseDecision {
  if (!row || row.holder === undefined) return 'take'
  // Of a write whose answer was lost.
  if (row.holder === own.holder) return 'take'
  if (unchangedFor >= BEATS_OF_A_LEASE * row.heartbeat) return 'take'
  return row.identity === own.identity ? 'stand by' : 'name taken'
}

/** A holder stops a heartbeat before anybody else begins; `renewedFor`: since the last renewal was sent. */
export function isStillHeld(renewedFor: number, heartbeat: number): boolean {
  return renewedFor < (BEATS_OF_A_LEASE - 1) * heartbeat
}
