import { findHarm } from './harm.ts'
import type { Setting } from './rules.ts'
import type { State } from './state.ts'
import { stateKey } from './state-key.ts'
import { allSteps } from './steps.ts'

export interface Exploration {
  readonly states: number
  readonly transitions: number
  /** Of the state farthest from the start. */
  readonly depth: number
  /** The first that is found, by the shortest way. */
  readonly harm: { readonly what: string; readonly path: readonly string[] } | undefined
  /** The names of all steps. */
  readonly met: ReadonlySet<string>
  /** Whether all of it was seen. */
  readonly whole: boolean
}

/** Breadth first, each distinct state once. `visit` is shown every state, and may answer what is wrong with it. */
export function explore(
  start: State,
  setting: Setting,
  {
    most = Number.POSITIVE_INFINITY,
    visit,
  }: { most?: number; visit?: (state: State) => string | undefined } = {},
): Exploration {
  const ids = new Map([[stateKey(start), 0]])
  const parents = [-1]
  let layer: [State, number][] = [[start, 0]]
  const met = new Set<string>()
  let transitions = 0
  let depth = 0
  const result = (what?: string, path: string[] = [], whole = true): Exploration => ({
    states: ids.size,
    transitions,
    depth,
    met,
    harm: what === undefined ? undefined : { what, path },
    whole,
  })
  for (; layer.length > 0; depth += 1) {
    const next: [State, number][] = []
    for (const [state, id] of layer) {
      for (const { name, to, broken } of allSteps(state, setting)) {
        transitions += 1
        met.add(name)
        if (broken) return result(broken, [...pathTo(id), name])
        const key = stateKey(to)
        if (ids.has(key)) continue
        const fresh = ids.size
        ids.set(key, fresh)
        parents.push(id)
        const harm = findHarm(to) ?? visit?.(to)
        if (harm) return result(harm, [...pathTo(id), name])
        next.push([to, fresh])
      }
      if (ids.size >= most) return result(undefined, [], false)
    }
    layer = next
  }
  return result()

  /** The names of the steps, found by going the way once more. */
  function pathTo(id: number): string[] {
    const way: number[] = []
    for (let at = id; at > 0; at = parents[at] ?? 0) way.unshift(at)
    const names: string[] = []
    let state = start
    for (const at of way)
      for (const { name, to } of allSteps(state, setting))
        if (ids.get(stateKey(to)) === at) {
          names.push(name)
          state = to
          break
        }
    return names
  }
}
