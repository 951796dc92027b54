import { formatBytes } from '../../core/model/quantity.ts'
import type { Threshold } from '../../core/model/storage-cost.ts'
import type { PlanReport } from '../../core/plan-report.ts'
import { ageLabel, formatShare, sizeRange } from './wording.ts'

/** Below this, large blobs are hardly more of the bytes than of the files. */
const TELLING_LEAD = 0.1
const MOST = 2 / 3

/** What a plot shows, in words, and the threshold they speak of. All of it wants bytes to speak of. */
export interface Finding {
  title: string
  at?: Threshold
}

export function sizeFinding({ bySize, total }: PlanReport): Finding {
  const lead = ({ leaves }: Threshold) => leaves.bytes / total.bytes - leaves.blobs / total.blobs
  const at = bySize.reduce((best, row) => (lead(row) >= lead(best) ? row : best))
  if (lead(at) < TELLING_LEAD) return { title: 'Size tells little here: the blobs are much alike' }
  const [files, bytes] = [
    formatShare(at.leaves.blobs, total.blobs),
    formatShare(at.leaves.bytes, total.bytes),
  ]
  return {
    at,
    title: `Blobs of ${sizeRange(at.threshold)} are ${files} of the files and ${bytes} of the bytes`,
  }
}

export function ageFinding({ byAge, total }: PlanReport): Finding {
  const at = byAge.findLast(({ leaves }) => leaves.bytes >= MOST * total.bytes)
  if (!at?.threshold) return { title: 'Most of the bytes were written within the last day' }
  const bytes = formatShare(at.leaves.bytes, total.bytes)
  return { at, title: `Blobs at least ${ageLabel(at.threshold)} old are ${bytes} of the bytes` }
}

export function growthFinding({ growth, total, time }: PlanReport): string {
  const now = new Date(time)
  const since = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 11)).toISOString().slice(0, 7)
  const bytes = growth.filter(({ month }) => month >= since).reduce((sum, { tally }) => sum + tally.bytes, 0)
  if (bytes === 0) return 'Nothing came in the last 12 months'
  return `${formatBytes(bytes)} came in the last 12 months, ${formatShare(bytes, total.bytes)} of everything`
}
