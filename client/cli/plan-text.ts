import { printable } from '../../core/model/printable.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import type { Threshold } from '../../core/model/storage-cost.ts'
import type { PlanReport } from '../../core/plan-report.ts'
import { headline } from '../report/headline.ts'
import { ageLabel, formatCount, formatMoney, sizeLabel } from '../report/wording.ts'

const BAR = 30

/** The report for a terminal: what each threshold would move, what stays and why, and one sentence at the end. */
export function planText(report: PlanReport): string {
  return [
    `${report.directory}: ${formatCount(report.total.blobs, 'blob')}, ${formatBytes(report.total.bytes)}, layout ${report.layout}`,
    '',
    'of this age or older (any size)',
    ...thresholdLines(report.byAge, ageLabel, report),
    '',
    'of this size or larger (any age)',
    ...thresholdLines(report.bySize, sizeLabel, report),
    '',
    ...keptLines(report),
    ...strangerLines(report),
    ...costLines(report),
    '',
    headline(report),
  ].join('\n')
}

/** The first threshold that nothing reaches is worth a line, those beyond it are not. */
function thresholdLines(
  thresholds: readonly Threshold[],
  label: (threshold: number) => string,
  report: PlanReport,
) {
  const reached = thresholds.findLastIndex(({ leaves }) => leaves.blobs > 0)
  return thresholds.slice(0, reached + 2).map(each => thresholdLine(label(each.threshold), each, report))
}

function thresholdLine(label: string, { leaves, cost }: Threshold, { total }: PlanReport): string {
  const share = total.bytes === 0 ? 0 : leaves.bytes / total.bytes
  const bar = '#'.repeat(Math.round(share * BAR)).padEnd(BAR, '.')
  const figures = `${formatBytes(leaves.bytes).padStart(8)} in ${formatCount(leaves.blobs, 'blob')}`
  return `${label.padStart(10)} ${bar} ${figures}, ${formatMoney(cost.firstMonth)} a month`
}

function keptLines({ kept }: PlanReport): string[] {
  return Object.entries(kept).map(
    ([reason, { blobs, bytes }]) => `stays: ${formatCount(blobs, 'blob')} ${reason} (${formatBytes(bytes)})`,
  )
}

function strangerLines({ strangers }: PlanReport): string[] {
  if (strangers.count === 0) return []
  return [
    `left alone: ${strangers.count} that are no blobs of this layout: ${strangers.some.map(printable).join(', ')}`,
  ]
}

function costLines({ cost, prices }: PlanReport): string[] {
  return [
    `once: ${formatMoney(cost.once)} for requests; then ${formatMoney(cost.firstMonth)} a month, ` +
      `${formatMoney(cost.onceCold)} after 90 days without readers; on a disk ${formatMoney(cost.onDisk)} a month`,
    `prices of ${prices.asOf}: ${prices.source}`,
  ]
}
