import type { BlobRow } from '../../../core/model/blob-row.ts'
import type { ReportRow } from '../../../core/model/report-row.ts'
import type { Activity, Report, State } from './state.ts'

/** A state as a short text: equal for what cannot be told apart by anything that comes after. */

const bit = (flag: boolean) => (flag ? '1' : '0')

export function stateKey(state: State): string {
  const { database, backup, object, row } = state
  const head = `${database.last}${database.blob[0]}${database.line}${backup ? `${backup.last}${bit(backup.kept)}${bit(backup.file)}` : '-'}`
  const store = `${bit(state.file)}${object.versions}${bit(object.marked)}${bit(object.expired)}${bit(state.lateMarker)}${bit(state.leased)}${bit(state.settled || row?.state !== 'swept')}${bit(state.ripe)}`
  const told = `${state.configured}${state.deployed}${state.lines.join('')}${state.neighbour[0]}`
  const reports = state.reports.map(reportKey).join(';')
  const activities = state.activities.map(activityKey).sort().join(';')
  return `${head}|${store}|${told}|${rowKey(row)}|${reports}|${activities}`
}

const rowKeys = new WeakMap<BlobRow, string>()
export function rowKey(row: BlobRow | undefined): string {
  if (!row) return '-'
  let key = rowKeys.get(row)
  if (key === undefined) {
    const { state, archivedAt, condemnedBy = '', condemnedIn = '', condemnedAt = '' } = row
    key = `${state.slice(0, 6)},${archivedAt},${short(condemnedBy)},${condemnedIn},${condemnedAt}`
    rowKeys.set(row, key)
  }
  return key
}

const reportRowKeys = new WeakMap<ReportRow, string>()
export function reportRowKey(row: ReportRow | undefined): string {
  if (!row) return '-'
  let key = reportRowKeys.get(row)
  if (key === undefined) {
    const { state, storedAt, decidedAt = '', endedAt = '', reasons, approved } = row
    const told = reasons.map(({ refusal }) => refusal.slice(0, 2)).join('')
    key = `${state.slice(0, 5)},${storedAt},${decidedAt},${endedAt},${told}${approved ? 'A' : ''}`
    reportRowKeys.set(row, key)
  }
  return key
}

const reports = new WeakMap<Report, string>()
function reportKey(report: Report): string {
  let key = reports.get(report)
  if (key === undefined) {
    const { horizon, names, wrong, line, generation, sent, counted, condemned, aged, late, verdict } = report
    const counts = counted ? `${counted.as.slice(0, 6)}${bit(counted.contradicting)}` : ''
    key = `${horizon}${bit(names)}${wrong?.[0] ?? ''}${line}${generation}${sent[0]}${bit(condemned)}${bit(aged)}${bit(late)}${verdict?.[0] ?? ''},${counts},${reportRowKey(report.row)}`
    reports.set(report, key)
  }
  return key
}

const activities = new WeakMap<Activity, string>()
export function activityKey(activity: Activity): string {
  let key = activities.get(activity)
  if (key === undefined) {
    key = formatActivity(activity)
    activities.set(activity, key)
  }
  return key
}

function formatActivity(activity: Activity): string {
  const { what } = activity
  switch (what) {
    case 'decide':
      return `D${activity.report}${activity.before.state[0]}>${activity.after.state}${activity.after.reasons.map(({ refusal }) => refusal.slice(0, 2)).join('')}`
    case 'condemn':
      return `C${activity.report}>${rowKey(activity.before)}>${rowKey(activity.after)}`
    case 'sweep':
      return `S${activity.phase}${activity.latest}>${rowKey(activity.row)}`
    case 'archive':
      return `A${activity.version}${activity.looked ? 'L' : ''}>${rowKey(activity.present)}`
    case 'release':
      return `R${activity.phase}`
    case 'undelete':
      return `U${activity.phase}>${rowKey(activity.row)}`
  }
}

/** `<horizon>-<ordinal>`, without what is the same in all of them. */
function short(report: string): string {
  return report.replaceAll(/0{3,}/g, '')
}
