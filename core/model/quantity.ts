/** Bytes and durations as people write them. Both parsers answer undefined for what they do not know. */

const BYTES: Record<string, number> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

const MILLISECONDS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 365.25 * 86_400_000,
}

export const DAY = 86_400_000
export const HOUR = 3_600_000
export const MINUTE = 60_000

/** `10GB` is 10,000,000,000 bytes, `10GiB` is 10,737,418,240, `10` is ten. */
export function parseBytes(text: string): number | undefined {
  return parseAmount(text, BYTES)
}

/** Milliseconds: `15m`, `1d`, `90s`. A bare number has no unit and is refused. */
export function parseDuration(text: string): number | undefined {
  return parseAmount(text, MILLISECONDS)
}

/** The exact inverse of parseDuration, in the largest unit that leaves no rest: `30d`, `90m`. */
export function writeDuration(milliseconds: number): string {
  const units = ['d', 'h', 'm', 's', 'ms'] as const
  const unit = units.find(unit => milliseconds % (MILLISECONDS[unit] ?? 1) === 0) ?? 'ms'
  return `${milliseconds / (MILLISECONDS[unit] ?? 1)}${unit}`
}

function parseAmount(text: string, units: Record<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text.trim())
  const unit = units[match?.[2] ?? '']
  if (!match || unit === undefined) return undefined
  const amount = Math.round(Number(match[1]) * unit)
  return Number.isSafeInteger(amount) ? amount : undefined
}

/** Three digits at most and a decimal unit: `1.2 GB`, `650 GB`, `17 B`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let amount = bytes
  let unit = 0
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000
    unit += 1
  }
  return `${formatAmount(amount, unit === 0)} ${units[unit]}`
}

function formatAmount(amount: number, whole: boolean): string {
  return whole || amount >= 9.95 ? Math.round(amount).toString() : amount.toFixed(1).replace(/\.0$/, '')
}

/** The two largest units that say something: `2 d 3 h`, `4 min 10 s`, `0 s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first === -1) return '0 s'
  const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0)
  return shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ')
}
