import type { HexId } from '../ref.ts'

/** ZODB.utils.oid_repr: `0x`, leading zeros stripped, an even number of digits, zero as `0x00`. */
export function shortHex(id: HexId): string {
  const stripped = id.replace(/^(?:00){1,7}/, '')
  return `0x${stripped}`
}

/** Matches what shortHex makes and nothing else: the first byte is zero only where it is the only one. */
export const SHORT_HEX = '0x(00|(?!00)[0-9a-f]{2}(?:[0-9a-f]{2}){0,7})'

export function fullHex(digits: string): HexId {
  return digits.padStart(16, '0')
}
