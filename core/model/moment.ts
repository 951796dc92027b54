import { parseDuration } from './quantity.ts'

/** The last that a Date can tell. */
const LAST = 8_640_000_000_000_000
const WRITTEN = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?))?(Z|[+-]\d\d:\d\d)?$/

/** Of milliseconds since 1970: `2026-11-25 13:55 UTC`. */
export function formatMoment(time: number): string {
  const text = new Date(Math.min(time, LAST)).toISOString()
  return `${text.replace('T', ' ').replace(/:\d\d\.\d+Z$/, '')} UTC`
}

/** `2026-11-25`, `2026-11-25T13:55` (UTC, unless it says otherwise), or how long ago: `3d`. Undefined for anything else. */
export function parseMoment(text: string, now: number): number | undefined {
  const ago = parseDuration(text)
  if (ago !== undefined) return Math.max(now - ago, 0)
  const [, day, time = '00:00', zone = 'Z'] = WRITTEN.exec(text.trim()) ?? []
  const moment = Date.parse(`${day}T${time}${zone}`)
  return moment >= 0 ? moment : undefined
}
