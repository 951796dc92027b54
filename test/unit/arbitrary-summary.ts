import fc from 'fast-check'
import type { VolumeFile } from '../../core/model/archive-policy.ts'
import { tidToTime, timeToTid } from '../../core/model/tid.ts'
import { AGE_EDGES, SIZE_EDGES } from '../../core/model/volume-histogram.ts'
import type { SummaryRow } from '../../core/model/volume-row.ts'

/** Volumes in summaries, beside the files they are made of. */

export const NOW = Date.UTC(2026, 10, 22)
export const DAY = 86_400_000

export const EMPTY_SUMMARY: SummaryRow = {
  ...{ formatVersion: 1, database: 'main', volume: 'blobs', term: 1, madeAt: NOW },
  waiting: { ages: AGE_EDGES.map(days => days * DAY), sizes: [...SIZE_EDGES], cells: [] },
  archived: { blobs: 0, bytes: 0 },
  left: { blobs: 0, bytes: 0 },
  disk: { size: 1e12, free: 9e11 },
  lately: { since: NOW - DAY, archived: { blobs: 0, bytes: 0 }, released: { blobs: 0, bytes: 0 } },
}

const anyAge = fc.oneof(fc.nat({ max: 4000 * DAY }), fc.constantFrom(...AGE_EDGES.map(days => days * DAY)))
const anySize = fc.oneof(fc.nat({ max: 2 ** 31 }), fc.constantFrom(...SIZE_EDGES))

export const anyFiles = fc.array(
  fc.record({ age: anyAge, size: anySize }).map(
    ({ age, size }): VolumeFile => ({
      ref: { oid: '00000000000004d2', tid: timeToTid(NOW - age) },
      size,
      changed: 0,
    }),
  ),
  { maxLength: 50 },
)

export const anyThresholds = fc.record({ minAge: anyAge, minSize: anySize })

export const ageOf = ({ ref }: VolumeFile): number => NOW - tidToTime(ref.tid)

/** What an agent would publish of these files, all of them waiting. */
export function summarize(files: readonly VolumeFile[], more: Partial<SummaryRow> = {}): SummaryRow {
  const { ages, sizes } = EMPTY_SUMMARY.waiting
  const tallies = new Map<string, [number, number, number, number]>()
  for (const file of files) {
    const age = ages.findLastIndex(edge => edge <= ageOf(file))
    const size = sizes.findLastIndex(edge => edge <= file.size)
    const [, , blobs, bytes] = tallies.get(`${age} ${size}`) ?? [age, size, 0, 0]
    tallies.set(`${age} ${size}`, [age, size, blobs + 1, bytes + file.size])
  }
  return { ...EMPTY_SUMMARY, waiting: { ages, sizes, cells: [...tallies.values()] }, ...more }
}
