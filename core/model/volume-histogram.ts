import type { Tally, VolumeFile } from './archive-policy.ts'
import { DAY } from './quantity.ts'
import { tidToTime } from './tid.ts'

/** Lower edges of the size classes, in bytes; the first begins at 0. */
export const SIZE_EDGES: readonly number[] = [
  0,
  ...[1, 4, 16, 64, 128, 256, 512].map(kibibytes => kibibytes * 2 ** 10),
  ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map(mebibytes => mebibytes * 2 ** 20),
  2 ** 30,
]

/** Lower edges of the age classes, in days; the first begins at 0. */
export const AGE_EDGES: readonly number[] = [0, 1, 7, 14, 30, 60, 90, 180, 365, 730, 1095, 1825, 3650]

/**
 * A volume in a few hundred numbers, however many files it has: blobs and bytes by age and size, and bytes by the month
 * they were written in. Added to file by file, so that nothing but the classes is kept.
 */
export interface VolumeHistogram {
  /** `cells[age class][size class]` */
  readonly cells: readonly (readonly Tally[])[]
  /** `2024-02` → what was written in that month. */
  readonly months: Readonly<Record<string, Tally>>
  readonly total: Tally
}

export function createHistogram(now: number) {
  const cells = AGE_EDGES.map(() => SIZE_EDGES.map(() => ({ blobs: 0, bytes: 0 })))
  const months: Record<string, Tally> = {}
  const total = { blobs: 0, bytes: 0 }
  const add = (tally: Tally | undefined, bytes: number) => {
    if (!tally) return
    tally.blobs += 1
    tally.bytes += bytes
  }
  return {
    add({ ref, size }: VolumeFile) {
      const time = tidToTime(ref.tid)
      const month = monthOf(time)
      months[month] ??= { blobs: 0, bytes: 0 }
      add(cells[classOf(AGE_EDGES, (now - time) / DAY)]?.[classOf(SIZE_EDGES, size)], size)
      add(months[month], size)
      add(total, size)
    },
    finish: (): VolumeHistogram => ({ cells, months, total }),
  }
}

/** What is at least so many days old and at least so large; both must be edges of classes to be exact. */
export function atLeast(histogram: VolumeHistogram, days: number, bytes: number): Tally {
  const sum = { blobs: 0, bytes: 0 }
  for (const [i, row] of histogram.cells.entries()) {
    if ((AGE_EDGES[i] ?? 0) < days) continue
    for (const [j, cell] of row.entries()) {
      if ((SIZE_EDGES[j] ?? 0) < bytes) continue
      sum.blobs += cell.blobs
      sum.bytes += cell.bytes
    }
  }
  return sum
}

/** The months without a gap, with what had been written by the end of each. */
export function growth(histogram: VolumeHistogram): { month: string; tally: Tally; bytesSoFar: number }[] {
  const known = Object.keys(histogram.months).sort()
  const last = known.at(-1)
  const series: { month: string; tally: Tally; bytesSoFar: number }[] = []
  let bytesSoFar = 0
  for (
    let month = known[0];
    month !== undefined && last !== undefined && month <= last;
    month = nextMonth(month)
  ) {
    const tally = histogram.months[month] ?? { blobs: 0, bytes: 0 }
    bytesSoFar += tally.bytes
    series.push({ month, tally, bytesSoFar })
  }
  return series
}

function classOf(edges: readonly number[], value: number): number {
  let low = 0
  let high = edges.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((edges[middle] ?? Number.POSITIVE_INFINITY) <= value) low = middle
    else high = middle
  }
  return low
}

let lastMonth = { from: Number.POSITIVE_INFINITY, to: 0, name: '' }

/** Neighbouring files are often from one month; spelling it out for each would take longer than the scan. */
function monthOf(time: number): string {
  if (time >= lastMonth.from && time < lastMonth.to) return lastMonth.name
  const date = new Date(time)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  lastMonth = {
    from: Date.UTC(year, month),
    to: Date.UTC(year, month + 1),
    name: `${year}-${String(month + 1).padStart(2, '0')}`,
  }
  return lastMonth.name
}

function nextMonth(month: string): string {
  const [year, number] = month.split('-').map(Number)
  return monthOf(Date.UTC(year ?? 0, number ?? 0))
}
