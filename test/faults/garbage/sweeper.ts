import type { BlobRow } from '../../../core/model/blob-row.ts'
import { isLater } from '../../../core/model/gc-rules.ts'
import { rowsOf } from './condemner.ts'
import { replaceRow } from './index-row.ts'
import type { Setting } from './rules.ts'
import {
  type Activity,
  begin,
  generationName,
  goOn,
  idOf,
  isCurrent,
  isReached,
  isTold,
  type State,
  type Step,
} from './state.ts'

type Sweep = Activity & { what: 'sweep' }

/** Marks what is garbage by two reports. It may die anywhere, and its last request be served long after. */
export function* sweeperSteps(state: State, setting: Setting): Generator<Step> {
  const { activities, bounds, rules } = { ...state, ...setting }
  const sweeps = activities.filter(({ what }) => what === 'sweep')
  const free = sweeps.length === 0 && (!state.leased || !rules.sweepsAlone)
  if (free && activities.length < bounds.atOnce) yield* judgeReports(state, setting)
  for (const activity of activities) if (activity.what === 'sweep') yield* sweeping(state, setting, activity)
  if (state.lateMarker)
    yield { name: 'a late marker comes', to: { ...mark(state, setting), lateMarker: false } }
}

function* judgeReports(state: State, { rules }: Setting): Generator<Step> {
  const { reports, deployed, row } = state
  if (!row || row.state === 'archived' || row.state === 'swept') return
  const verdict = rules.judgeDatabase(rowsOf(state), { generation: generationName(deployed) })
  // Also where nothing is swept, what an earlier run left is taken up.
  if ('hold' in verdict && row.state !== 'sweeping') return
  const latest = 'hold' in verdict ? undefined : verdict.latest.report
  const at = reports.findIndex((report, at) => idOf(report, at) === latest)
  yield {
    name: at < 0 ? 'look for unfinished sweeps' : `sweep by ${at}`,
    to: begin({ ...state, leased: true }, { what: 'sweep', phase: 'judged', latest: at }),
    broken: reports[at]?.late === false && shown(state) ? 'swept although a restore showed (I4)' : undefined,
  }
}

/** A report from after a restore that nobody told of names the blob, and waits for a person or was refused. */
function shown(state: State): boolean {
  const own = state.reports.filter(({ line, names }) => names && line === state.database.line)
  const open = own.some(
    ({ row, verdict }) => row && ['waiting', 'refused'].includes(row.state) && verdict !== 'reject',
  )
  const followed = own.some(({ row }) => row && ['condemning', 'done'].includes(row.state))
  return isReached(state) && open && !followed
}

function* sweeping(state: State, setting: Setting, activity: Sweep): Generator<Step> {
  const { rules } = setting
  const { phase, row, latest } = activity
  const end = (from = state): State => ({ ...goOn(from, activity), leased: false })
  const on = (phase: Sweep['phase'], row: BlobRow, from = state): State =>
    goOn(from, activity, { ...activity, row, phase })
  if (phase === 'judged') yield judgeBlob(state, setting, latest, on, end())
  else if (!row) throw new Error('a sweep without a row')
  else if (phase === 'due') {
    const after = { ...row, state: 'sweeping' as const }
    const to = replaceRow(state, rules, row, after)
    const other = to && state.row?.condemnedBy !== row.condemnedBy
    yield {
      name: 'sweep: write sweeping',
      to: to ? on('begun', after, to) : end(),
      broken: other ? 'swept under a report that was not judged (I4)' : undefined,
    }
  } else if (phase === 'begun') {
    const marked = { ...mark(state, setting), lateMarker: true }
    yield { name: 'sweep: mark', to: on('marked', row, marked) }
    yield { name: 'sweep: ask for a marker and die', to: { ...goOn(state, activity), lateMarker: true } }
  } else if (phase === 'marked') yield confirm(state, row, on, end())
  else {
    const after =
      phase === 'back'
        ? { ...row, state: 'condemned' as const }
        : { ...row, state: 'swept' as const, sweptAt: 0 }
    yield { name: `sweep: write ${after.state}`, to: end(replaceRow(state, rules, row, after)) }
  }
}

type Next = (phase: Sweep['phase'], row: BlobRow) => State

function judgeBlob(state: State, { rules }: Setting, at: number, on: Next, end: State): Step {
  const { row, reports, deployed, object } = state
  if (!row) return { name: 'sweep: no row', to: end }
  const latest = reports[at]
  const by = reports.findIndex((report, at) => idOf(report, at) === row.condemnedBy)
  const begun = row.state === 'sweeping'
  const verdict = latest
    ? rules.judgeSweep(begun ? { ...row, state: 'condemned' } : row, latest.names, {
        generation: generationName(deployed),
        latest: { report: idOf(latest, at), generation: generationName(latest.generation) },
        grace: 1,
        now: (row.condemnedAt ?? 0) + Number(reports[by]?.aged),
      })
    : 'hold'
  const same = isCurrent(state) && object.versions === row.archivedAt
  if (begun && !same) return { name: 'sweep: take up what has its marker', to: on('marked', row) }
  if (verdict !== 'due' || !same)
    return begun
      ? { name: `sweep: take back, ${verdict}`, to: on('back', row) }
      : { name: `sweep: ${verdict}`, to: end }
  const broken = unjust(state, by, at)
  return begun
    ? { name: 'sweep: take up', to: on('begun', row), broken }
    : { name: 'sweep: due', to: on('due', row), broken }
}

/** The same bytes above the marker are an archiver's, who waits for the row. */
function confirm(state: State, row: BlobRow, on: Next, end: State): Step {
  if (isCurrent(state) && state.object.versions === row.archivedAt)
    return { name: 'sweep: stop at an object that is still there', to: end }
  return state.object.expired
    ? { name: 'sweep: stop where no version is left', to: end }
    : { name: 'sweep: confirm the marker', to: on('seen', row) }
}

/** What the database can reach is swept only until somebody tells of a restore, and by two reports from before it. */
function unjust(state: State, by: number, latest: number): string | undefined {
  const { reports, database } = state
  if (!isReached(state) && database.blob !== 'voted') return undefined
  const first = reports[by]
  const second = reports[latest]
  if (!first || !second || isTold(state)) return 'what the database can reach was due for sweeping (I4)'
  const before = first.line < database.line && second.line < database.line
  const agreed = isLater(idOf(second, latest), idOf(first, by)) && first.aged
  const seen = reports.some(
    ({ line, names, row }) => line === database.line && names && row?.state === 'done',
  )
  return before && agreed && (second.late || !seen)
    ? undefined
    : 'a restore was not seen, though it could have been (I4)'
}

/** Only here a marker is placed (I6): on the key of the blob's own database (I9). */
function mark(state: State, { rules }: Pick<Setting, 'rules'>): State {
  const ref = { oid: '0000000000000001', tid: '0000000000000002' }
  const key = rules.blobKey('main', ref)
  const neighbour = key === 'blobs/main/0000000000000001/0000000000000002' ? state.neighbour : 'touched'
  return { ...state, neighbour, object: { ...state.object, marked: state.object.versions > 0 } }
}
