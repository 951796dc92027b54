import type { BlobRow } from '../../../core/model/blob-row.ts'
import { NO_COUNTS, type ReportRow, type ShardRow } from '../../../core/model/report-row.ts'
import { refuse, settleVerdict } from '../../../core/model/settle-report.ts'
import { replaceRow } from './index-row.ts'
import { reportRules, type Setting } from './rules.ts'
import {
  type Activity,
  begin,
  type Counted,
  generationName,
  goOn,
  idOf,
  type Report,
  type State,
  type Step,
  withReport,
} from './state.ts'
import { activityKey } from './state-key.ts'
import { nowOf, putRow } from './times.ts'

/**
 * The condemner: whatever message was sent once may come at any time, and any number of times. What a message does is split where
 * others can come in between.
 */
export function* condemnerSteps(state: State, setting: Setting): Generator<Step> {
  const room = state.activities.length < setting.bounds.atOnce
  for (const [at, report] of state.reports.entries()) {
    const { row, counted, verdict } = report
    if (isCounting(report, setting)) {
      const to = count(state, setting, at)
      if (to) yield { name: `count ${at}`, to }
      if (row && counted && room) yield { name: `judge ${at}`, to: judge(state, setting, at, row) }
    } else if (row?.state === 'waiting' && verdict !== undefined && room)
      yield { name: `read the verdict on ${at}`, to: heed(state, setting, at, row) }
    else if (row?.state === 'condemning') yield* condemn(state, setting, at, row)
  }
  for (const activity of state.activities) {
    if (activity.what === 'decide') yield decided(state, setting, activity)
    if (activity.what === 'condemn') yield* condemning(state, setting, activity)
  }
}

function isCounting({ sent, row }: Report, { rules }: Setting): boolean {
  if (row) return row.state === 'counting'
  return sent === 'all' || (rules.missingPart === 'empty' && sent === 'nothing')
}

export const rowsOf = (state: State): ReportRow[] =>
  state.reports.flatMap(({ row }) => (row === undefined ? [] : [row]))
function arrive(report: Report, at: number, now: number): ReportRow {
  return {
    formatVersion: 1,
    database: 'main',
    report: idOf(report, at),
    revision: 1,
    state: 'counting',
    generation: generationName(report.generation),
    manifestSha256: '',
    storedAt: now,
    reasons: [],
  }
}

/** Beside the blob there are three more, alive. */
function shardOf({ database, report }: ReportRow, { as, contradicting }: Counted, copy: boolean): ShardRow {
  const found = { ...NO_COUNTS, alive: 3, contradicting: Number(contradicting) + Number(copy) }
  const counts = as === 'nothing' ? found : { ...found, [as]: found[as] + 1 }
  return { formatVersion: 1, database, report, phase: 'count', shard: 0, counts }
}

/** The manifest has come, and the shard is counted; undefined where that is known. Times are judged when it is decided. */
function count(state: State, { rules }: Setting, at: number): State | undefined {
  const report = state.reports[at]
  if (!report) return undefined
  const followed = followedOf(report, at)
  const counted: Counted = state.row
    ? {
        as: rules.judgeRow(state.row, report.names, followed),
        contradicting: rules.isContradicting(state.row, report.names, followed),
      }
    : { as: 'nothing', contradicting: false }
  const { as, contradicting } = report.counted ?? {}
  if (report.row && as === counted.as && contradicting === counted.contradicting) return undefined
  if (report.row) return withReport(state, at, { counted })
  const late = report.line < state.database.line
  return putRow(state, at, arrive(report, at, nowOf(state)), { late, counted })
}

const followedOf = (report: Report, at: number) => ({
  report: idOf(report, at),
  generation: generationName(report.generation),
})

function judge(state: State, setting: Setting, at: number, before: ReportRow): State {
  const { counted, wrong } = state.reports[at] ?? {}
  if (!counted) return state
  const after = setting.rules.settleCounted(before, [shardOf(before, counted, wrong === 'copy')], {
    place: placeOf(state, setting, before),
    largestShare: setting.bounds.largestShare,
    now: nowOf(state),
  })
  return begin(state, { what: 'decide', report: at, before, after })
}

function heed(state: State, setting: Setting, at: number, before: ReportRow): State {
  const { verdict = 'reject' } = state.reports[at] ?? {}
  const place = placeOf(state, setting, before)
  const after = settleVerdict(before, verdict, { place, now: nowOf(state) })
  return after ? begin(state, { what: 'decide', report: at, before, after }) : state
}

const placeOf = (state: State, setting: Setting, row: ReportRow) =>
  setting.rules.judgeTime(row, rowsOf(state), reportRules(setting, state.deployed))

function decided(state: State, { bounds }: Setting, activity: Activity & { what: 'decide' }): Step {
  const { report, before, after } = activity
  const name = `decide on ${report}: ${after.state}`
  const ended = goOn(state, activity)
  const row = state.reports[report]?.row
  if (row?.state !== before.state) return { name, to: ended }
  const { storedAt } = row
  const { endedAt: _, ...decided } = after
  const now = nowOf(state)
  const time = after.state === 'condemning' ? { decidedAt: now } : { endedAt: now }
  const aged = bounds.without?.includes('grace') ?? false
  return { name, to: putRow(ended, report, { ...decided, storedAt, ...time }, { aged }) }
}

/** Whether its generation is deployed it looked at when it began, which may be long ago: here it is never looked at again. */
function* condemn(state: State, setting: Setting, at: number, own: ReportRow): Generator<Step> {
  const { rules, bounds } = setting
  const report = state.reports[at]
  if (!report) return
  const { row: before } = state
  const after = before && plan(before, report)
  if (before && after) {
    const activity: Activity = { what: 'condemn', report: at, before, after }
    const same = state.activities.some(other => activityKey(other) === activityKey(activity))
    if (!same && state.activities.length < bounds.atOnce)
      yield { name: `condemn by ${at}: read`, to: begin(state, activity) }
  } else if (!report.condemned)
    yield { name: `condemn by ${at}: nothing to do`, to: withReport(state, at, { condemned: true }) }
  const further = rules.judgeGoingOn(own, rowsOf(state), reportRules(setting, state.deployed))
  if (further.length > 0) {
    const refused = refuse(own, further, nowOf(state))
    yield { name: `refuse ${at} further`, to: putRow(state, at, refused) }
  }
  if (report.condemned) yield { name: `end ${at}`, to: putRow(state, at, { ...own, state: 'done' }) }

  function plan(row: BlobRow, { names }: Report): BlobRow | undefined {
    const followed = followedOf(report as Report, at)
    const verdict = rules.judgeRow(row, names, followed)
    if (verdict === 'revived') return rules.reviveRow(row)
    return verdict === 'condemned' ? rules.condemnRow(row, { ...followed, decidedAt: 0 }) : undefined
  }
}

function* condemning(
  state: State,
  { rules }: Setting,
  activity: Activity & { what: 'condemn' },
): Generator<Step> {
  const { report: at, before, after } = activity
  const to = replaceRow(state, rules, before, after)
  const ended = goOn(to ?? state, activity)
  yield {
    name: `condemn by ${at}: write`,
    to: to ? withReport(ended, at, { condemned: true }) : ended,
  }
  if (to) yield { name: `condemn by ${at}: write and die`, to: ended }
}
