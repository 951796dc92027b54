import { DAY } from '../../../core/model/quantity.ts'
import { makeRef, type Ref } from '../../../core/model/ref.ts'
import { timeToTid } from '../../../core/model/tid.ts'

/** What must be true, told without any of the code that makes it so: which blobs there are, and where each of them is. */

/** `300×7`: 300 bytes of the value 7. */
export type Bytes = `${number}×${number}`
export const sizeOf = (bytes: Bytes): number => Number.parseInt(bytes, 10)
export const NOTHING: Bytes = '0×0'

/** Every file of a run is younger than this. Clocks are years or days off, so that no timing decides anything. */
export const START = Date.now() - DAY / 24
const DAYS_OLD = { old: 2000, month: 40, young: 2, future: -1 }
type Age = keyof typeof DAYS_OLD

const CLOCKS = { slow: START - 365 * DAY, right: START, fast: START + 365 * DAY }
export type Clock = keyof typeof CLOCKS
export const timeOf = (clock: Clock): number => CLOCKS[clock]

/** `2 month`: the object 2, written 40 days ago. */
export const NAMES = [
  '1 old',
  '2 old',
  '3 old',
  '1 month',
  '2 month',
  '3 month',
  '1 young',
  '1 future',
] as const
export type Name = (typeof NAMES)[number]
export const writtenAt = (name: Name) => START - DAYS_OLD[name.split(' ')[1] as Age] * DAY
export const refOf = (name: Name): Ref =>
  makeRef(name.slice(0, 1).padStart(16, '0'), timeToTid(writtenAt(name)))

/** Where a blob is. Of an object: what it was stored as, and what its bytes are. */
export interface Places {
  volume: Bytes | undefined
  aside: readonly Bytes[]
  copy: Bytes | undefined
  object: { stored: Bytes; bytes: Bytes } | undefined
  row: { bytes: Bytes } | undefined
}
export type AllPlaces = Record<Name, Places>

export interface Oracle {
  blobs: AllPlaces
  /** What nobody has deleted or destroyed on purpose, and so has to be somewhere. */
  alive: Record<Name, Set<Bytes>>
  /** What was ever whole in the bucket, and so may be cached. */
  archived: Record<Name, Set<Bytes>>
  /** As last seen: what stays in the cache is the cache's own decision. */
  cached: Partial<Record<Name, Bytes>>
  /** Whose objects were damaged or marked by somebody, so that their rows may be wrong. */
  harmed: Set<Name>
  clock: Clock
  packing: boolean
}

export function each<T>(make: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(NAMES.map(name => [name, make(name)])) as Record<Name, T>
}

export function createOracle(): Oracle {
  const nowhere = { volume: undefined, aside: [], copy: undefined, object: undefined, row: undefined }
  return {
    blobs: each(() => ({ ...nowhere })),
    alive: each(() => new Set()),
    archived: each(() => new Set()),
    cached: {},
    harmed: new Set(),
    clock: 'right',
    packing: false,
  }
}
