import { isOpen, latestOf } from './judge-report.ts'
import type { MetricName } from './metric-names.ts'
import type { ReportRow } from './report-row.ts'

/** What is measured when something is decided about a report. `databases`: all reports of each. */
export function condemnMetrics(
  { state, counts }: ReportRow,
  databases: readonly (readonly ReportRow[])[],
): Partial<Record<MetricName, number>> {
  const sum = (of: (all: readonly ReportRow[]) => number) =>
    databases.reduce((total, all) => total + of(all), 0)
  return {
    OpenReports: sum(all => all.filter(row => isOpen(row, all)).length),
    SweptAliveBlobs: sum(all => latestOf(all.filter(isDone))?.counts?.sweptAlive ?? 0),
    ...(state === 'done' &&
      counts && {
        CondemnedBlobs: counts.condemned,
        CondemnedBytes: counts.condemnedBytes,
        RevivedBlobs: counts.revived,
      }),
  }
}

function isDone({ state }: ReportRow): boolean {
  return state === 'done'
}
