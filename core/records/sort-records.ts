import { PARTS } from '../model/record.ts'
import { WORDS, wordAt } from './words.ts'

const BYTE = 0xff

/**
 * Sorts records by their shards, and by oid and tid within one: byte by byte from the last (radix sort), which takes the same time in
 * whatever order they are. Answers the one of the two arrays that has them then; both are written to.
 */
export function sortRecords(records: Uint32Array, spare: Uint32Array): Uint32Array {
  let [from, to] = [records, spare]
  const pass = (word: number, shift: number, mask: number) => {
    if (distribute(from, to, { word, shift, mask })) [from, to] = [to, from]
  }
  for (let word = WORDS - 1; word >= 0; word -= 1)
    for (let shift = 0; shift < 32; shift += 8) pass(word, shift, BYTE)
  // As shardOfRecord has it.
  pass(1, 0, PARTS - 1)
  return from
}

/** False when all have the same digit, and stay where they are. */
function distribute(
  from: Uint32Array,
  to: Uint32Array,
  { word, shift, mask }: { word: number; shift: number; mask: number },
): boolean {
  const places = new Uint32Array(mask + 1)
  for (let at = 0; at < from.length; at += WORDS) {
    const digit = (wordAt(from, at + word) >>> shift) & mask
    places[digit] = wordAt(places, digit) + WORDS
  }
  if (places.includes(from.length)) return false
  let next = 0
  for (let digit = 0; digit <= mask; digit += 1) {
    const size = wordAt(places, digit)
    places[digit] = next
    next += size
  }
  for (let at = 0; at < from.length; at += WORDS) {
    const digit = (wordAt(from, at + word) >>> shift) & mask
    const place = wordAt(places, digit)
    to[place] = wordAt(from, at)
    to[place + 1] = wordAt(from, at + 1)
    to[place + 2] = wordAt(from, at + 2)
    to[place + 3] = wordAt(from, at + 3)
    places[digit] = place + WORDS
  }
  return true
}
