import type { Bounds, Setting } from './rules.ts'
import { isReached, type Report, type State, type Step, withReport } from './state.ts'

/** Makes live reports: a snapshot, a part, and the manifest, which may come at any time, or never. */
export function* packerSteps(state: State, setting: Setting): Generator<Step> {
  const { reports, configured } = state
  const { rules, bounds } = setting
  for (const [at, report] of reports.entries()) {
    if (report.sent === 'nothing') yield { name: `part ${at}`, to: withReport(state, at, { sent: 'part' }) }
    else if (report.sent === 'part') yield { name: `manifest ${at}`, to: withReport(state, at, sealed()) }
  }
  if (reports.length >= bounds.reports) return
  const add = (report: Report): State => ({ ...state, reports: [...reports, report] })
  yield { name: `snapshot ${reports.length}`, to: add(takeSnapshot(state, bounds)) }
  const wrong = new Set(reports.filter(report => report.wrong).map(({ horizon }) => horizon))
  if (isReached(state) && wrong.size < bounds.wrong)
    yield {
      name: `snapshot ${reports.length}, a wrong one`,
      to: add({ ...takeSnapshot(state, bounds), names: false, wrong: bounds.copy ? 'copy' : 'mistake' }),
    }
  if (bounds.without?.includes('resender')) return
  for (const [at, report] of reports.entries())
    if (report.sent === 'all' && (report.wrong !== undefined) === bounds.wrong > 0)
      yield {
        name: `send what is in report ${at} once more, as report ${reports.length}`,
        to: add(again(report)),
      }

  function sealed(): Partial<Report> {
    return rules.generationRead === 'after the snapshot'
      ? { sent: 'all', generation: configured }
      : { sent: 'all' }
  }
}

/** Nobody has looked at it yet. */
const UNREAD = {
  row: undefined,
  counted: undefined,
  condemned: false,
  aged: false,
  late: false,
  verdict: undefined,
} as const

function takeSnapshot(state: State, { pieces }: Bounds): Report {
  return {
    horizon: state.database.last,
    names: isReached(state),
    wrong: undefined,
    line: state.database.line,
    generation: state.configured,
    // A part or a manifest that comes late is like an event that does.
    sent: pieces ? 'nothing' : 'all',
    ...UNREAD,
  }
}

function again({ horizon, names, wrong, line, generation }: Report): Report {
  return { horizon, names, wrong, line, generation, sent: 'all', ...UNREAD }
}
