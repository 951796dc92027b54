import { generationName, isCurrent, isReached, isTold, type State } from './state.ts'

/** What must not be, in any state; undefined where all is well. */
export function findHarm(state: State): string | undefined {
  const { row, object, file, database, neighbour, reports } = state
  if (neighbour !== 'whole') return 'another database was touched (I9)'
  const wanted = isReached(state) || database.blob === 'voted'
  const mark = row && row.state !== 'archived' ? row : undefined
  const wrong = reports.some(report => report.wrong === 'mistake')
  if (wanted && mark && isTold(state) && mark.condemnedIn === generationName(state.deployed) && !wrong)
    return 'what the database can reach is condemned (I4)'
  if (!isReached(state) || file) return undefined
  if (object.versions === 0 || object.expired) return 'its bytes are gone (I5)'
  if (isCurrent(state)) return undefined
  if (row?.state !== 'sweeping' && row?.state !== 'swept')
    return 'it cannot be read, and its row knows nothing of that (I1)'
  return undefined
}
