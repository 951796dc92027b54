import { formatBytes } from '../../core/model/quantity.ts'
import type { Threshold } from '../../core/model/storage-cost.ts'
import type { PlanReport } from '../../core/plan-report.ts'
import { ageLabel, formatMoney, headline, sizeLabel } from '../report/headline.ts'

const BAR = 30

/** The report for a terminal: what each threshold would move, what stays and why, and one sentence at the end. */
export function planText(report: PlanReport): string {
  return [
    `${report.directory}: ${report.total.blobs} blobs, ${formatBytes(report.total.bytes)}, layout ${report.layout}`,
    '',
    'of this age or older (any size)',
    ...report.byAge.map(threshold => thresholdLine(ageLabel(threshold.threshold), threshold, report)),
    '',
    'of this size or larger (any age)',
    ...report.bySize.map(threshold => thresholdLine(sizeLabel(threshold.threshold), threshold, report)),
    '',
    ...keptLines(report),
    ...strangerLines(report),
    ...costLines(report),
    '',
    headline(report),
  ].join('\n')
}

function thresholdLine(label: string, { leaves, cost }: Threshold, { total }: PlanReport): string {
  const share = total.bytes === 0 ? 0 : leaves.bytes / total.bytes
  const bar = '#'.repeat(Math.round(share * BAR)).padEnd(BAR, '.')
  const figures = `${formatBytes(leaves.bytes).padStart(8)} in ${String(leaves.blobs).padStart(8)} blobs`
  return `${label.padStart(10)} ${bar} ${figures}, ${formatMoney(cost.firstMonth)} a month`
}

function keptLines({ kept }: PlanReport): string[] {
  return Object.entries(kept).map(
    ([reason, { blobs, bytes }]) => `stays: ${blobs} blobs ${reason} (${formatBytes(bytes)})`,
  )
}

function strangerLines({ strangers }: PlanReport): string[] {
  if (strangers.count === 0) return []
  return [`left alone: ${strangers.count} that are no blobs of this layout: ${strangers.some.join(', ')}`]
}

function costLines({ cost, prices }: PlanReport): string[] {
  return [
    `once: ${formatMoney(cost.once)} for requests; then ${formatMoney(cost.firstMonth)} a month, ` +
      `${formatMoney(cost.onceCold)} after 90 days without readers; on a disk ${formatMoney(cost.onDisk)} a month`,
    `prices of ${prices.asOf}: ${prices.source}`,
  ]
}
