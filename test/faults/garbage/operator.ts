import type { Setting } from './rules.ts'
import { isReached, isTold, type State, type Step, withReport } from './state.ts'

/** People, and time. */
export function* operatorSteps(state: State, { bounds }: Setting): Generator<Step> {
  const { configured, deployed, lines, database } = state
  if (configured + 1 < bounds.generations)
    yield {
      name: `tell the hosts of generation ${configured + 1}`,
      to: { ...state, configured: configured + 1, lines: [...lines, database.line] },
    }
  if (deployed + 1 < bounds.generations)
    yield { name: `deploy generation ${deployed + 1}`, to: { ...state, deployed: deployed + 1 } }
  if (bounds.without?.includes('clerk')) return
  for (const [at, { row, verdict }] of state.reports.entries())
    if (row?.state === 'waiting' && verdict === undefined)
      for (const decided of ['approve', 'reject'] as const)
        yield { name: `${decided} ${at}`, to: withReport(state, at, { verdict: decided }) }
}

export function* timeSteps(state: State): Generator<Step> {
  const { row, reports, leased, settled, ripe, lateMarker, object, backup, database } = state
  if (reports.some(({ row, aged }) => row?.decidedAt !== undefined && !aged))
    yield {
      name: 'the grace passes',
      to: {
        ...state,
        reports: reports.map(report =>
          report.row?.decidedAt === undefined ? report : { ...report, aged: true },
        ),
      },
    }
  const young = row?.state === 'swept' && !settled
  if (leased || lateMarker || young || !ripe) yield { name: LIFE_PASSES, to: outlive(state) }
  // A restore is told of within the window, and what it needs is undeleted within it.
  const inTime = isTold(state) && !isReached(state) && database.blob !== 'voted'
  if (object.marked && !object.expired && inTime)
    yield {
      name: 'the undelete window ends',
      // No backup older than what is forgotten is kept (I5).
      to: { ...state, object: { ...object, expired: true }, backup: backup?.kept ? undefined : backup },
    }
}

export const LIFE_PASSES = 'the life of a function passes'

/** No sweeper of before is alive, and no request of theirs under way. */
export function outlive(state: State): State {
  return {
    ...state,
    activities: state.activities.filter(({ what }) => what !== 'sweep'),
    lateMarker: false,
    leased: false,
    settled: true,
    ripe: true,
  }
}
