import { endianness } from 'node:os'
import { PARTS, RECORD_BYTES } from '../model/record.ts'
import type { Ref } from '../model/ref.ts'

/**
 * Records of a live report in memory: four words of 32 bits each, oid before tid, so that two are compared without making anything
 * of them. `at` is always the place of a record's first word.
 */
export const WORDS = RECORD_BYTES / Uint32Array.BYTES_PER_ELEMENT

const SWAPPED = endianness() === 'LE'

/** Turns big-endian records into words, or words into such records, in place. */
export function swapRecords(bytes: Buffer): void {
  if (SWAPPED) bytes.swap32()
}

/** -1 when the first comes before the second, 0 for the same record: a difference of words would be garbage for the collector. */
export function compareRecords(a: Uint32Array, i: number, b: Uint32Array, j: number): -1 | 0 | 1 {
  for (let word = 0; word < WORDS; word += 1) {
    const one = wordAt(a, i + word)
    const other = wordAt(b, j + word)
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

/** Only ever asked for words that are there. */
export function wordAt(words: Uint32Array, at: number): number {
  return words[at] as number
}

/** As shardOf says it of refs. */
export function shardOfRecord(words: Uint32Array, at: number): number {
  return wordAt(words, at + 1) % PARTS
}

export function writeRef(words: Uint32Array, { oid, tid }: Ref): void {
  words[0] = Number.parseInt(oid.slice(0, 8), 16)
  words[1] = Number.parseInt(oid.slice(8), 16)
  words[2] = Number.parseInt(tid.slice(0, 8), 16)
  words[3] = Number.parseInt(tid.slice(8), 16)
}

export function readRef(words: Uint32Array, at: number): Ref {
  const [oid, tid] = [hex(words, at), hex(words, at + 2)]
  return { oid, tid }
}

function hex(words: Uint32Array, at: number): string {
  return [wordAt(words, at), wordAt(words, at + 1)].map(word => word.toString(16).padStart(8, '0')).join('')
}
