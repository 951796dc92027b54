import { DAY } from './quantity.ts'
import type { VolumeRows } from './volume-row.ts'

/**
 * Whether somebody looks after a volume. `silent`: its agent has given no sign for too long. `stuck`: it lives, and its work has not
 * gone well for a day. `gone`: silent for so long, or taken away on purpose, that nobody is told any more.
 */
export type Presence =
  | 'present'
  | 'no agent yet'
  | 'no summary yet'
  | 'clock ahead'
  | 'silent'
  | 'stuck'
  | 'gone'

/** Nobody works there, and somebody should; so it is of a volume whose rows cannot be read. */
export function isUnattended(presence: string): boolean {
  return UNATTENDED.includes(presence)
}

const UNATTENDED: readonly string[] = ['silent', 'stuck', 'clock ahead', 'unreadable'] satisfies readonly (
  | Presence
  | 'unreadable'
)[]

/** What AWS's own signatures allow a clock to be off, in milliseconds. */
const CLOCK_TOLERANCE = 900_000
/** Longer than an outage that nobody has to be told of by us, and than one part of the work takes. */
const STUCK_AFTER = DAY
const FORGOTTEN_AFTER = 30 * DAY

/** `now` and `silentAfter` in milliseconds. A clock that is far behind looks like silence, and is told as that. */
export function judgePresence({ lease, summary }: VolumeRows, now: number, silentAfter: number): Presence {
  if (!lease) return 'no agent yet'
  const quiet = now - lease.heartbeatAt
  if (lease.retired || quiet > FORGOTTEN_AFTER) return 'gone'
  if (quiet > silentAfter) return 'silent'
  if (quiet < -CLOCK_TOLERANCE) return 'clock ahead'
  if (lease.heartbeatAt - lease.workedAt > STUCK_AFTER) return 'stuck'
  return summary ? 'present' : 'no summary yet'
}
