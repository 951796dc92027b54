/** Hours of the day in which something is allowed, in a time zone: `22:00-06:00` goes over midnight. */
export interface AllowedHours {
  /** Minutes since midnight. */
  readonly from: number
  readonly to: number
}

const MINUTE = 60_000
const DAY_MINUTES = 24 * 60

/** Undefined for what is none, and for a window of no length. */
export function parseHours(text: string): AllowedHours | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/.exec(text)
  if (!match) return undefined
  const [from, to] = [minutes(match[1], match[2]), minutes(match[3], match[4])]
  return from === to || to > DAY_MINUTES ? undefined : { from, to: to % DAY_MINUTES }
}

function minutes(hours = '', rest = ''): number {
  return Number(hours) * 60 + Number(rest)
}

/** For how long from now on it is allowed, in milliseconds; 0 outside of the hours. `now` in milliseconds since 1970. */
export function allowedFor({ from, to }: AllowedHours, timeZone: string, now: number): number {
  const length = minutesUntil(to, from) || DAY_MINUTES
  const passed = minutesUntil(minuteOfDay(now, timeZone), from)
  if (passed >= length) return 0
  const end = now - (now % MINUTE) + (length - passed) * MINUTE
  // Clocks that are set forward or back meanwhile move the end.
  const over = minutesUntil(minuteOfDay(end, timeZone), to)
  const moved = over > DAY_MINUTES / 2 ? over - DAY_MINUTES : over
  return Math.max(0, end - moved * MINUTE - now)
}

/** From the last time that the clock showed `from`. */
function minutesUntil(time: number, from: number): number {
  return (time - from + DAY_MINUTES) % DAY_MINUTES
}

function minuteOfDay(time: number, timeZone: string): number {
  const clock = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  const [hours, rest] = new Intl.DateTimeFormat('en-GB', clock).format(time).split(':')
  return minutes(hours, rest)
}
