import type { BlobRow } from '../../../core/model/blob-row.ts'
import { SWEEP_SETTLES } from '../../../core/model/undelete-plan.ts'
import { makeRow, replaceRow } from './index-row.ts'
import type { Setting } from './rules.ts'
import { type Activity, begin, goOn, isCurrent, type State, type Step } from './state.ts'

type Undelete = Activity & { what: 'undelete' }

/** Makes garbage a blob again, whoever asks for it, and whether it is still wanted or not (core/undelete.ts). */
export function* undeleterSteps(state: State, setting: Setting): Generator<Step> {
  const { row, activities } = state
  const under = activities.some(({ what }) => what === 'undelete')
  if (
    row &&
    (row.state !== 'archived' || !isCurrent(state)) &&
    !under &&
    activities.length < setting.bounds.atOnce
  ) {
    const sweptAt = row.sweptAt ?? 0
    const { step } = setting.rules.planUndelete(row, sweptAt + (state.settled ? SWEEP_SETTLES : 0))
    if (step !== 'wait')
      yield { name: `undelete: ${step}`, to: begin(state, { what: 'undelete', phase: 'read', row }) }
  }
  for (const activity of activities)
    if (activity.what === 'undelete') yield* undeleting(state, setting, activity)
}

function* undeleting(state: State, { rules, bounds }: Setting, activity: Undelete): Generator<Step> {
  const { phase, row } = activity
  const ended = goOn(state, activity)
  const on = (phase: Undelete['phase'], row: BlobRow, from = state): State =>
    goOn(from, activity, { ...activity, phase, row })
  if (phase === 'read') {
    if (isCurrent(state)) yield { name: 'undelete: find the object', to: on('present', row) }
    else yield { name: 'undelete: find a marker', to: on('missing', row) }
  } else if (phase === 'present') {
    const to = replaceRow(state, rules, row, makeRow(state.object.versions))
    yield { name: 'undelete: write archived', to: goOn(to ?? state, activity) }
  } else if (phase === 'missing' && row.state === 'condemned') {
    const revived = rules.reviveRow(row)
    const to = replaceRow(state, rules, row, revived)
    yield { name: 'undelete: revive', to: to ? on('revived', revived, to) : ended }
  } else if (phase === 'missing' && rules.undeleteEnds === 'with the row') {
    const to = replaceRow(state, rules, row, makeRow(state.object.versions))
    yield { name: 'undelete: write archived first', to: to ? on('revived', row, to) : ended }
  } else if (isCurrent(state)) yield { name: 'undelete: somebody was faster', to: on('present', row) }
  else if (!state.object.expired && state.object.versions < bounds.versions)
    yield { name: 'undelete: copy', to: on('present', row, copied(state)) }
  else yield { name: 'undelete: nothing left to copy', to: ended }
}

function copied(state: State): State {
  const versions = state.object.versions + 1
  return { ...state, object: { versions, marked: false, expired: false }, ripe: false }
}
