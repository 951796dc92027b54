import type { DatabaseReport } from '../../core/fleet-report.ts'
import type { Tally } from '../../core/model/archive-policy.ts'
import { isSilent, type VolumeContent, type VolumeReport } from '../../core/model/fleet-status.ts'
import { printable } from '../../core/model/printable.ts'
import { formatBytes, formatDuration } from '../../core/model/quantity.ts'
import { formatCount, formatShare } from '../report/wording.ts'

const HEAD = ['volume', 'host', 'state', 'due', 'waiting', 'to release', 'left', 'disk free', 'cache']
const HEAD_OF_PACE = ['archived a day', 'done in', 'allowed']
const NOTHING = '-'

/** A database for people: a line for each volume, and what they are together. `now` in milliseconds since 1970. */
export function databaseLines(report: DatabaseReport, now: number): string[] {
  const { database, scheduled, volumes, together, bucket } = report
  const rows = volumes.map(volume => cellsOf(volume, now))
  const silent = volumes.filter(isSilent).map(({ volume }) => volume)
  return [
    `${database}: ${formatCount(volumes.length, 'volume')}${scheduled ? '' : ', archived by commands alone'}`,
    ...(volumes.length > 0 ? tableLines([[...HEAD, ...HEAD_OF_PACE], ...rows]) : []),
    ...(together.summaries > 0 ? [togetherLine(together)] : []),
    ...Object.entries(bucket ?? {}).map(([state, tally]) => `in the bucket, ${state}: ${tallyOf(tally)}`),
    ...volumes.flatMap(({ unreadable }) => (unreadable === undefined ? [] : [printable(unreadable)])),
    ...(silent.length > 0 ? [`silent: ${silent.join(', ')}`] : []),
  ]
}

function cellsOf(report: VolumeReport, now: number): string[] {
  const { volume, host, content, allowed } = report
  const known = [volume, printable(host ?? NOTHING), stateOf(report, now)]
  const done = content ? doneText(report.doneIn, content.due) : NOTHING
  return [...known, ...contentCells(content), done, allowed ? allowedFor(allowed, now) : NOTHING]
}

function contentCells(content: VolumeContent | undefined): string[] {
  if (!content) return Array<string>(7).fill(NOTHING)
  const { waiting, archived, left, disk, filling, cache, pace } = content
  return [
    dueOf(content),
    tallyOf(waiting),
    tallyOf(archived),
    tallyOf(left),
    `${formatBytes(disk.free)} (${formatShare(disk.free, disk.size)})${filling ? ', filling' : ''}`,
    cache ? `${formatBytes(cache.bytes)} of ${formatBytes(cache.limit)}` : NOTHING,
    formatBytes(pace.archived),
  ]
}

function stateOf({ state, heartbeatAt = 0 }: VolumeReport, now: number): string {
  if (state === 'present') return 'working'
  if (state === 'silent' || state === 'gone') return `${state} for ${formatDuration(now - heartbeatAt)}`
  if (state === 'clock ahead') return `clock ahead by ${formatDuration(heartbeatAt - now)}`
  return state
}

/** What may be due besides is told with it: a threshold that is no edge of the summary's classes. */
function dueOf({ due, undecided }: { due: Tally; undecided: Tally }): string {
  return undecided.blobs > 0 ? `${tallyOf(due)}, perhaps ${tallyOf(undecided)} more` : tallyOf(due)
}

function tallyOf({ blobs, bytes }: Tally): string {
  return blobs === 0 ? '0' : `${formatBytes(bytes)} in ${formatCount(blobs)}`
}

function doneText(time: number | undefined, due: Tally): string {
  if (due.blobs === 0) return 'now'
  return time === undefined ? 'never at this pace' : formatDuration(time)
}

function togetherLine({ due, undecided, doneIn, pace }: DatabaseReport['together']): string {
  const [archived, released, becoming] = [pace.archived, pace.released, pace.becomingDue].map(formatBytes)
  const paces = `a day: ${archived} archived, ${released} released, ${becoming} become due`
  return `together due: ${dueOf({ due, undecided })}; done in: ${doneText(doneIn, due)} (${paces})`
}

function allowedFor({ until, blobs, bytes }: NonNullable<VolumeReport['allowed']>, now: number): string {
  const limits = [
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
    ...(blobs === undefined ? [] : [formatCount(blobs, 'blob')]),
  ]
  return `${limits.join(', ') || 'everything'} for ${formatDuration(until - now)}`
}

export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
}
