import { PARTS } from '../../core/model/live-report.ts'
import { formatMoment } from '../../core/model/moment.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import type { ReportCounts, ReportState } from '../../core/model/report-row.ts'
import type { ListedReport, ReportStatus } from '../../core/report-status.ts'
import { formatCount } from '../report/wording.ts'
import { tableLines } from './fleet-text.ts'

const HEAD = ['report', 'state', 'horizon', 'sent', 'generation', 'names', 'condemns']
const NOTHING = '-'

/** The reports of a database for people: a line for each, and under it why it is not followed. */
export function listLines(database: string, reports: readonly ListedReport[]): string[] {
  if (reports.length === 0) return [`${database}: no live report yet`]
  const open = reports.filter(report => report.open).length
  const waits = open > 0 ? `, ${formatCount(open)} waiting for a person: nothing is swept meanwhile` : ''
  const [head = '', ...lines] = tableLines([HEAD, ...reports.map(cellsOf)])
  const explained = lines.flatMap((line, at) => [line, ...reasonLines(reports[at])])
  return [`${database}: ${formatCount(reports.length, 'live report')}${waits}`, head, ...explained]
}

function cellsOf({ report, state, open, horizonAt, storedAt, generation, revisions, counts }: ListedReport) {
  return [
    report,
    open ? `${state}, open` : state,
    formatMoment(horizonAt),
    formatMoment(storedAt),
    generation ?? NOTHING,
    revisions === undefined ? NOTHING : formatCount(revisions),
    counts ? condemnedText(counts) : NOTHING,
  ]
}

function reasonLines(report: ListedReport | undefined): string[] {
  return report?.reasons.map(({ refusal, told }) => `    ${refusal}: ${told}`) ?? []
}

/** One report with all that is known of it, and what to do next. */
export function statusLines(status: ReportStatus): string[] {
  const { report, database, state, horizonAt, storedAt, generation, revisions, decidedAt, endedAt } = status
  const { verdict, approved, shards, counts } = status
  const at = (time: number | undefined) => (time === undefined ? undefined : formatMoment(time))
  const facts: [string, string | undefined][] = [
    ['horizon', at(horizonAt)],
    ['sent', at(storedAt)],
    ['generation', generation],
    ['names', revisions === undefined ? undefined : formatCount(revisions, 'revision')],
    ['counted', `${shards.counted} of ${PARTS} shards`],
    ['verdict', verdict && (approved || state === 'rejected' ? verdict : `${verdict}, not followed yet`)],
    ['decided', at(decidedAt)],
    ['followed', `${shards.condemned} of ${PARTS} shards`],
    [state === 'waiting' ? 'waits since' : 'ended', at(endedAt)],
    ...(counts ? countFacts(counts, state) : []),
  ]
  return [
    `${report} of ${database}: ${state}`,
    ...reasonLines(status),
    ...facts.flatMap(([name, told]) => (told === undefined ? [] : [`  ${name.padEnd(16)}${told}`])),
    ...nextLines(status),
  ]
}

function countFacts(counts: ReportCounts, state: ReportState): [string, string][] {
  const done = state === 'done'
  return [
    [done ? 'condemned' : 'condemns', condemnedText(counts)],
    [done ? 'revived' : 'revives', `${formatCount(counts.revived)} that were condemned`],
    ['swept, named', formatCount(counts.sweptAlive)],
    ['contradicting', formatCount(counts.contradicting)],
    ['else', `${formatCount(counts.alive)} alive, ${formatCount(counts.young)} younger than the horizon`],
    ['garbage before', `${formatCount(counts.known)} condemned, ${formatCount(counts.swept)} swept`],
  ]
}

function condemnedText({ condemned, condemnedBytes }: ReportCounts): string {
  return condemned === 0 ? '0' : `${formatCount(condemned)} (${formatBytes(condemnedBytes)})`
}

const NEXT: Readonly<Record<ReportState, string>> = {
  counting: 'it is being counted, which takes minutes; one that stays so can be rejected',
  waiting: 'read why it waits, then: nice-blobs gc approve ID, or nice-blobs gc reject ID',
  refused: 'it is never followed; another one: nice-blobs live-report',
  condemning: 'it is being followed, which takes minutes',
  done: 'it was followed to its end',
  rejected: 'it is never followed; another one: nice-blobs live-report',
}

function nextLines({ report, state, open, counts, verdict }: ReportStatus): string[] {
  const lines = [
    state === 'waiting' && verdict ? 'the condemner follows the verdict within minutes' : NEXT[state],
  ]
  if (open) lines.push('nothing of the database is swept until it is settled, or a later report is followed')
  if ((counts?.sweptAlive ?? 0) > 0 && (state === 'done' || state === 'waiting'))
    lines.push('what it names and is swept comes back by: nice-blobs undelete --live ID')
  return lines.map(line => `  ${line.replaceAll('ID', report)}`)
}
