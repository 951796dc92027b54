import type { ReportRow } from '../../../core/model/report-row.ts'
import type { Report, State } from './state.ts'

/** Times of reports say nothing but which was first, and so they are the first numbers there are. */

const timesOf = ({ state, storedAt, decidedAt, endedAt }: ReportRow) => ({
  storedAt: state === 'refused' || state === 'rejected' ? 0 : storedAt,
  decidedAt: state === 'rejected' ? undefined : decidedAt,
  endedAt: state === 'waiting' || state === 'refused' ? endedAt : undefined,
})

/** Later than all that is written down. */
export const nowOf = ({ reports }: State): number =>
  1 +
  Math.max(
    0,
    ...reports.flatMap(({ row }) => (row ? [row.storedAt, row.decidedAt ?? 0, row.endedAt ?? 0] : [])),
  )

/** The state with this row in place of that report's. */
export function putRow(state: State, at: number, row: ReportRow, more: Partial<Report> = {}): State {
  const reports = state.reports.map((report, index) =>
    index === at ? forget({ ...report, ...more, row }) : report,
  )
  const times = reports.flatMap(({ row }) => (row ? Object.values(timesOf(row)) : []))
  const order = [...new Set(times)]
    .filter(time => time !== undefined)
    .filter(time => time > 0)
    .toSorted((a, b) => a - b)
  const rank = (time: number | undefined) => (time === undefined ? undefined : order.indexOf(time) + 1)
  return { ...state, reports: reports.map(ranked) }

  function ranked(report: Report): Report {
    const { row } = report
    if (!row) return report
    const { storedAt, decidedAt, endedAt } = timesOf(row)
    const next = { storedAt: rank(storedAt) ?? 0, decidedAt: rank(decidedAt), endedAt: rank(endedAt) }
    const same =
      row.storedAt === next.storedAt && row.decidedAt === next.decidedAt && row.endedAt === next.endedAt
    if (same) return report
    const { decidedAt: _, endedAt: __, ...rest } = row
    return {
      ...report,
      row: {
        ...rest,
        storedAt: next.storedAt,
        ...(next.decidedAt !== undefined && { decidedAt: next.decidedAt }),
        ...(next.endedAt !== undefined && { endedAt: next.endedAt }),
      },
    }
  }
}

/** What nobody will ask for any more. */
function forget(report: Report): Report {
  const { row, counted, condemned } = report
  return {
    ...report,
    counted: row?.state === 'counting' ? counted : undefined,
    condemned: row?.state === 'condemning' && condemned,
  }
}
