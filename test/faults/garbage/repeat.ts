import { outlive } from './operator.ts'
import type { Bounds, Rules, Setting } from './rules.ts'
import { goOn, type State } from './state.ts'
import { stateKey } from './state-key.ts'
import { allSteps } from './steps.ts'

/** What a process does from its beginning to its end, by the name of its first step. */
const WORKS = [
  'count',
  'judge',
  'read the verdict',
  'condemn by',
  'end',
  'sweep by',
  'look for',
  'upload',
].concat('plan a release', 'undelete: ')

/** Whether everything that can be begun is the same when it is done twice, or dies anywhere and is done again (I8). */
export function createRepeats(rules: Rules, bounds: Bounds): (state: State) => string | undefined {
  const setting: Setting = { rules, bounds: { ...bounds, versions: bounds.versions + 2 } }
  return state => {
    if (state.activities.length > 0 || state.lateMarker || state.leased) return undefined
    for (const { name } of allSteps(state, setting)) {
      const work = WORKS.find(word => name.startsWith(word))
      const harm = work && examine(state, name)
      if (harm) return harm
    }
    return undefined
  }

  function examine(state: State, name: string): string | undefined {
    const ways = wayOf(state, name)
    const once = keyOf(ways.at(-1) ?? state)
    for (const [after, way] of ways.entries()) {
      const again = wayOf(outlive(die(way)), name).at(-1)
      if (again && keyOf(again) !== once) return `${name}, ended after ${after + 1} steps and done again (I8)`
    }
    return undefined
  }

  /** The states on the way; empty where there is nothing to begin. */
  function wayOf(state: State, name: string): State[] {
    const first = [...allSteps(state, setting)].find(step => sameWork(step.name, name))
    const states: State[] = []
    for (let next = first?.to; next; next = goesOn(next)) states.push(next)
    return states
  }

  function goesOn(state: State): State | undefined {
    const [activity] = state.activities
    if (!activity) return undefined
    const own = [...allSteps(state, setting)].filter(({ to }) => !to.activities.includes(activity))
    return own.find(({ name }) => !name.includes('die'))?.to
  }
}

const die = (state: State): State => state.activities.reduce((left, activity) => goOn(left, activity), state)
const keyOf = (state: State): string => stateKey(outlive(die(state)))

/** As `upload`, which the second time finds the object. */
function sameWork(name: string, other: string): boolean {
  const work = WORKS.find(word => other.startsWith(word))
  const report = /\d/.exec(other)?.[0]
  return work !== undefined && name.startsWith(work) && /\d/.exec(name)?.[0] === report
}
