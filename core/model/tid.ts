import type { HexId } from './ref.ts'

const MINUTES = { hour: 60, day: 24 * 60, month: 31 * 24 * 60, year: 12 * 31 * 24 * 60 }
const FIRST_YEAR = 1900
const FRACTIONS_PER_MINUTE = 2 ** 32

/**
 * The time a tid was given, in milliseconds since 1970 (UTC). A tid is persistent.TimeStamp's eight bytes: four
 * count minutes since 1900 in a calendar whose months all have 31 days, four are the fraction of that minute.
 */
export function tidToTime(tid: HexId): number {
  const minutes = Number.parseInt(tid.slice(0, 8), 16)
  const fraction = Number.parseInt(tid.slice(8), 16)
  const year = FIRST_YEAR + Math.floor(minutes / MINUTES.year)
  const month = Math.floor(minutes / MINUTES.month) % 12
  const day = 1 + (Math.floor(minutes / MINUTES.day) % 31)
  const minuteOfDay = minutes % MINUTES.day
  return Date.UTC(year, month, day, 0, minuteOfDay) + (fraction * 60_000) / FRACTIONS_PER_MINUTE
}

/** The first tid whose time is not before this one; `time` in milliseconds since 1970 (UTC), from 1900 on. */
export function timeToTid(time: number): HexId {
  const date = new Date(time)
  const months = (date.getUTCFullYear() - FIRST_YEAR) * 12 + date.getUTCMonth()
  const days = months * 31 + date.getUTCDate() - 1
  const minutes = days * MINUTES.day + date.getUTCHours() * MINUTES.hour + date.getUTCMinutes()
  const withinMinute = time - Math.floor(time / 60_000) * 60_000
  const fraction = Math.min(
    Math.ceil((withinMinute * FRACTIONS_PER_MINUTE) / 60_000),
    FRACTIONS_PER_MINUTE - 1,
  )
  return minutes.toString(16).padStart(8, '0') + fraction.toString(16).padStart(8, '0')
}
