import { planRelease } from '../../../core/model/release-policy.ts'
import { makeRow, replaceRow } from './index-row.ts'
import type { Setting } from './rules.ts'
import { type Activity, begin, goOn, isCurrent, isReached, isTold, type State, type Step } from './state.ts'

/** Uploads what has its final name, whether it is committed or not, writes its row, and releases it after the delay. */
export function* archiverSteps(state: State, setting: Setting): Generator<Step> {
  const { file, row, activities, object } = state
  const has = (what: Activity['what']) => activities.some(activity => activity.what === what)
  const room = activities.length < setting.bounds.atOnce
  const wanted = row?.state !== 'archived' || !isCurrent(state)
  if (file && room && wanted && !has('archive')) {
    if (isCurrent(state))
      yield { name: 'upload: present', to: begin(state, { what: 'archive', version: object.versions }) }
    else if (object.versions < setting.bounds.versions) yield { name: 'upload', to: upload(state) }
  }
  if (file && room && row && !has('release') && plan(state, setting) === 'due')
    yield { name: 'plan a release', to: begin(state, { what: 'release', phase: 'planned' }) }
  for (const activity of activities) {
    if (activity.what === 'archive') yield archiving(state, setting, activity)
    if (activity.what === 'release') yield releasing(state, setting, activity)
  }
}

function upload(state: State): State {
  const version = state.object.versions + 1
  const stored = { ...state, object: { versions: version, marked: false, expired: false }, ripe: false }
  return begin(stored, { what: 'archive', version })
}

function archiving(state: State, { rules }: Setting, activity: Activity & { what: 'archive' }): Step {
  const { version, present, looked } = activity
  const ended = goOn(state, activity)
  const on = (change: Partial<typeof activity>): State => goOn(state, activity, { ...activity, ...change })
  if (present && (looked || !rules.archiverLooksAgain)) {
    const to = replaceRow(ended, rules, present, makeRow(version))
    const hidden = to && present.archivedAt >= version
    return {
      name: 'archive again what was swept',
      to: to ?? ended,
      broken: hidden ? 'what was swept counts as archived again (I1)' : undefined,
    }
  }
  if (present) {
    const stands = isCurrent(state) && state.object.versions === version
    return { name: 'look once more', to: stands ? on({ looked: true }) : ended }
  }
  const { row } = state
  if (!row) return { name: 'insert the row', to: { ...ended, row: makeRow(version) } }
  return { name: `find it ${row.state}`, to: row.state === 'swept' ? on({ present: row }) : ended }
}

function plan({ row, ripe, object }: State, { rules }: Setting) {
  const delay = rules.releaseWaits === 'never' ? 0 : 1
  // The delay is that of the object which is there.
  const old = ripe || (rules.releaseWaits === 'for the row' && row && row.archivedAt < object.versions)
  return row && planRelease(row, row.archivedAt + Number(old), { delay })
}

function releasing(state: State, { rules }: Setting, activity: Activity & { what: 'release' }): Step {
  const ended = goOn(state, activity)
  if (activity.phase === 'planned')
    return isCurrent(state) && (state.ripe || rules.releaseWaits !== 'for the object')
      ? { name: 'look at the object', to: goOn(state, activity, { ...activity, phase: 'looked' }) }
      : { name: 'look for the object in vain', to: ended }
  const lost = state.file && isReached(state) && isTold(state) && !isCurrent(state)
  return {
    name: 'release the file',
    to: { ...ended, file: false },
    broken: lost ? 'a file was released whose object is not there (I1)' : undefined,
  }
}
