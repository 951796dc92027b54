import type { ArchivePolicy, Tally } from './archive-policy.ts'
import { DAY } from './quantity.ts'
import type { SummaryRow } from './volume-row.ts'

/**
 * What of a summary is due, as of the time it was made. A summary counts by classes: what of a class is due that a
 * threshold cuts, nobody can say, so it is told apart as undecided and never as due.
 */

type Thresholds = Pick<ArchivePolicy, 'minAge' | 'minSize'>

/** What is due of one size class. */
export interface DueCell extends Tally {
  /** Lower edge of the class, in bytes. */
  readonly size: number
}

/** One for each size class of which something is due, the largest first. */
export function dueCells(summary: SummaryRow, policy: Thresholds): DueCell[] {
  const found = new Map<number, DueCell>()
  for (const { size, blobs, bytes } of cellsOf(summary, policy, 'due')) {
    const cell = found.get(size.from) ?? { size: size.from, blobs: 0, bytes: 0 }
    cell.blobs += blobs
    cell.bytes += bytes
    found.set(size.from, cell)
  }
  return [...found.values()].sort((a, b) => b.size - a.size)
}

/** What is due for sure. */
export function backlogOf(summary: SummaryRow, policy: Thresholds): Tally {
  return sumOf(cellsOf(summary, policy, 'due'))
}

/** What may be due: of classes that a threshold cuts. */
export function undecidedOf(summary: SummaryRow, policy: Thresholds): Tally {
  return sumOf(cellsOf(summary, policy, 'undecided'))
}

/**
 * When the blob became due that is due the longest, in milliseconds since 1970; undefined when none was due yet. Which
 * are large enough the agent judged, by its order.
 */
export function overdueSince(
  { oldestWaiting, madeAt }: SummaryRow,
  { minAge }: Thresholds,
): number | undefined {
  if (oldestWaiting === undefined || oldestWaiting + minAge > madeAt) return undefined
  return oldestWaiting + minAge
}

/**
 * How much becomes due, in bytes a day: as much as was written lately, of what is large enough and too young yet. Nothing is known of it where blobs
 * are due at once.
 */
export function becomingDue(summary: SummaryRow, { minAge, minSize }: Thresholds): number {
  const youth = Math.max(...summary.waiting.ages.filter(edge => edge <= minAge))
  if (!(youth > 0)) return 0
  const young = allCells(summary).filter(({ age, size }) => age.to <= youth && size.from >= minSize)
  return (sumOf(young).bytes * DAY) / youth
}

const WEEK = 7 * DAY

/** Whether the disk is nearly full, or would be within a week if as much is written as in the last one. */
export function isFilling(summary: SummaryRow, leastFree: number): boolean {
  const { size, free } = summary.disk
  const lately = sumOf(allCells(summary).filter(({ age }) => age.to <= WEEK))
  return free < leastFree * size || lately.bytes > free
}

interface Span {
  readonly from: number
  /** The first above it. */
  readonly to: number
}

interface Cell extends Tally {
  readonly age: Span
  readonly size: Span
}

type Judgement = 'due' | 'undecided' | 'kept'

function cellsOf(summary: SummaryRow, policy: Thresholds, wanted: Judgement): Cell[] {
  return allCells(summary).filter(cell => judgeCell(cell, policy) === wanted)
}

function judgeCell({ age, size }: Cell, { minAge, minSize }: Thresholds): Judgement {
  if (age.from >= minAge && size.from >= minSize) return 'due'
  return age.to > minAge && size.to > minSize ? 'undecided' : 'kept'
}

function allCells({ waiting: { ages, sizes, cells } }: SummaryRow): Cell[] {
  return cells.flatMap(([age, size, blobs, bytes]) => {
    const [ageSpan, sizeSpan] = [spanOf(ages, age), spanOf(sizes, size)]
    return ageSpan && sizeSpan ? [{ age: ageSpan, size: sizeSpan, blobs, bytes }] : []
  })
}

/** Undefined for a class that the summary does not name. */
function spanOf(edges: readonly number[], at: number): Span | undefined {
  const from = edges[at]
  return from === undefined ? undefined : { from, to: edges[at + 1] ?? Number.POSITIVE_INFINITY }
}

export function sumOf(tallies: readonly Tally[]): Tally {
  return tallies.reduce((sum, { blobs, bytes }) => ({ blobs: sum.blobs + blobs, bytes: sum.bytes + bytes }), {
    blobs: 0,
    bytes: 0,
  })
}
