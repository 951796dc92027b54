import type { Budget } from './volume-row.ts'

/** What waits in one volume and is due, by size class; `size` is the class's lower edge in bytes. */
export interface Claim {
  readonly volume: string
  /** Its disk is about to fill: of blobs of one size, its go first. */
  readonly pressed: boolean
  readonly cells: readonly { size: number; blobs: number; bytes: number }[]
}

/** No number: no limit. */
export type Share = Budget

export interface Limits {
  readonly blobs?: number | undefined
  readonly bytes?: number | undefined
}

interface Cell {
  volume: string
  pressed: boolean
  size: number
  blobs: number
  bytes: number
}

/**
 * Who may archive how much: the largest blobs of all volumes first, until blobs or bytes are used up. A class whose average blob is
 * larger than what is left might use nothing of it, so it comes after all that surely fit. Never gives more than the limits less
 * what was spent; a volume that gets nothing is not among the shares. Without a limit every volume with something due gets a share
 * without one.
 */
export function divideBudget(
  limits: Limits,
  spent: readonly Budget[],
  claims: readonly Claim[],
): Map<string, Share> {
  const left = {
    blobs: (limits.blobs ?? Number.POSITIVE_INFINITY) - sum(spent.map(({ blobs = 0 }) => blobs)),
    bytes: (limits.bytes ?? Number.POSITIVE_INFINITY) - sum(spent.map(({ bytes = 0 }) => bytes)),
  }
  const taken = new Map<string, { blobs: number; bytes: number }>()
  const take = ({ volume, ...cell }: Cell) => {
    const share = taken.get(volume) ?? { blobs: 0, bytes: 0 }
    for (const what of ['blobs', 'bytes'] as const) {
      const part = Math.min(cell[what], left[what])
      left[what] -= part
      share[what] += part
    }
    taken.set(volume, share)
  }
  const late: Cell[] = []
  for (const cell of cellsInOrder(claims)) {
    if (left.blobs < 1) break
    if (cell.bytes / cell.blobs <= left.bytes) take(cell)
    else late.push(cell)
  }
  for (const cell of late) if (left.blobs >= 1 && left.bytes >= Math.max(cell.size, 1)) take(cell)
  return new Map([...taken].map(([volume, share]) => [volume, limited(share, limits)]))
}

/** A total order, so that the same volumes get the same shares on every run. */
function cellsInOrder(claims: readonly Claim[]): Cell[] {
  const cells = claims.flatMap(({ volume, pressed, cells }) =>
    cells.filter(({ blobs }) => blobs > 0).map(cell => ({ ...cell, volume, pressed })),
  )
  return cells.sort(
    (a, b) =>
      b.size - a.size ||
      Number(b.pressed) - Number(a.pressed) ||
      (a.volume < b.volume ? -1 : Number(a.volume > b.volume)),
  )
}

/** The share of a volume that gets none. */
export function nothingOf(limits: Limits): Share {
  return limited({ blobs: 0, bytes: 0 }, limits)
}

function limited(share: { blobs: number; bytes: number }, limits: Limits): Share {
  return {
    ...(limits.blobs !== undefined && { blobs: share.blobs }),
    ...(limits.bytes !== undefined && { bytes: share.bytes }),
  }
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
