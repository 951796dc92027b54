/** What stands at that place, from 0 and below 1, in the sequence that mulberry32 makes of the seed. */
export function draw(seed: number, place: number): number {
  const state = (seed + Math.imul(place, 0x6d2b79f5)) | 0
  const first = Math.imul(state ^ (state >>> 15), state | 1)
  const second = (first + Math.imul(first ^ (first >>> 7), first | 61)) ^ first
  return ((second ^ (second >>> 14)) >>> 0) / 2 ** 32
}
