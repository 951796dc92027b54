import { DAY, formatBytes, formatDuration } from '../../core/model/quantity.ts'

const BINARY = { GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10 }
const YEARS_IN_DAYS = [365, 365.25]

export function formatCount(amount: number, noun = ''): string {
  return `${amount.toLocaleString('en-US')}${noun && ` ${noun}${amount === 1 ? '' : 's'}`}`
}

/** Cents matter below a hundred dollars, and nobody believes the third digit of a cent. */
export function formatMoney(dollars: number): string {
  if (dollars > 0 && dollars < 0.01) return 'less than 1 cent'
  if (dollars < 99.995) return `$${dollars.toFixed(dollars === 0 ? 0 : 2)}`
  return `$${formatCount(Math.round(dollars))}`
}

export function aboutMoney(dollars: number): string {
  return dollars >= 0.01 ? `about ${formatMoney(dollars)}` : formatMoney(dollars)
}

/** Never rounds to all or nothing what is neither. */
export function formatShare(part: number, whole: number): string {
  const share = whole > 0 ? (100 * part) / whole : 0
  if (share > 0 && share < 1) return 'less than 1\u00a0%'
  if (share > 99 && share < 100) return 'more than 99\u00a0%'
  return `${Math.round(share)}\u00a0%`
}

/** `128 KiB` where it is a round binary size, `100 kB` where it is not. */
export function sizeLabel(bytes: number): string {
  const unit = Object.entries(BINARY).find(([, size]) => bytes >= size && bytes % size === 0)
  return unit ? `${bytes / unit[1]} ${unit[0]}` : formatBytes(bytes)
}

export function ageLabel(days: number): string {
  const year = YEARS_IN_DAYS.find(length => days >= length && days % length === 0)
  if (year) return formatCount(days / year, 'year')
  return Number.isInteger(days) ? formatCount(days, 'day') : formatDuration(days * DAY)
}

export function sizeRange(bytes: number): string {
  return bytes === 0 ? 'any size' : `${sizeLabel(bytes)} and more`
}

export function ageRange(days: number): string {
  return days === 0 ? 'any age' : `${ageLabel(days)} and older`
}
