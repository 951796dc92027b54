import type { Setting } from './rules.ts'
import { BLOB_TID, isCurrent, type State, type Step } from './state.ts'

/** The application and its database: it commits, aborts, goes on, packs, is backed up and restored. */
export function* writerSteps(state: State, { bounds }: Setting): Generator<Step> {
  const { database, file } = state
  const { last, blob } = database
  const be = (change: Partial<State['database']>, more: Partial<State> = {}): State => ({
    ...state,
    ...more,
    database: { ...database, ...change },
  })
  if (blob === 'absent' && last < BLOB_TID) yield { name: 'vote', to: be({ blob: 'voted' }, { file: true }) }
  if (blob === 'voted') {
    yield { name: 'commit', to: be({ blob: 'kept', last: BLOB_TID }) }
    yield { name: 'abort', to: be({ blob: 'absent' }, { file: false }) }
    yield { name: 'abort, the file stays', to: be({ blob: 'absent' }) }
  } else if (last < bounds.last) yield { name: 'commit something else', to: be({ last: last + 1 }) }
  if (blob === 'kept') {
    yield { name: 'pack', to: be({ blob: 'absent' }, { file: false }) }
    if (file) yield { name: 'pack, the file stays', to: be({ blob: 'absent' }) }
  }
}

export function* backupSteps(state: State, { bounds }: Setting): Generator<Step> {
  const { database, backup, object, row } = state
  if (bounds.restores > 0 && !backup && database.blob !== 'voted' && database.line === 0) {
    const kept = database.blob === 'kept'
    yield { name: 'back up', to: { ...state, backup: { last: database.last, kept, file: state.file } } }
  }
  if (!backup || database.line >= bounds.restores) return
  if (backup.last === database.last && backup.kept === (database.blob === 'kept')) return
  const to: State = {
    ...state,
    database: { last: backup.last, blob: backup.kept ? 'kept' : 'absent', line: database.line + 1 },
    file: backup.file || state.file,
  }
  yield { name: 'restore', to }
  // Whoever has released relies on the bucket, and restores the database alone; a marker that came late hides no file that is there.
  const retained = object.versions > 0 && !object.expired
  const inBucket = retained && (isCurrent(state) || row?.state === 'sweeping' || row?.state === 'swept')
  // That takes longer than a sweeper lives, and no agent works on a volume that is taken away.
  const calm = !state.leased && !state.lateMarker
  if (to.file && row && inBucket && calm) yield { name: 'restore without files', to: withoutVolume(to) }
}

function withoutVolume(state: State): State {
  const activities = state.activities.filter(({ what }) => what !== 'archive' && what !== 'release')
  return { ...state, file: false, activities }
}
