import { outlive } from './operator.ts'
import type { Bounds, Rules, Setting } from './rules.ts'
import { isCurrent, isReached, type State } from './state.ts'
import { stateKey } from './state-key.ts'
import { allSteps } from './steps.ts'

/**
 * What the operator does after a restore (docs/operations.md), from any state in which a process may have died: another
 * generation, a report, one run of the sweeper, and the undelete of what is alive. Answers what is not as it should be then.
 */
export function createProcedure(rules: Rules, bounds: Bounds): (state: State) => string | undefined {
  const known = new Set<string>()
  return state => {
    const atStake = !isCurrent(state) || state.row?.state !== 'archived'
    if (!isReached(state) || state.file || !atStake) return undefined
    const begun = outlive({ ...state, activities: [] })
    const key = stateKey(begun)
    if (known.has(key)) return undefined
    known.add(key)
    const end = follow(begun, rules, bounds)
    return isCurrent(end) && end.row?.state === 'archived'
      ? undefined
      : `after all that is to be done after a restore it cannot be read (I5): ${stateKey(end)}`
  }
}

function follow(begun: State, rules: Rules, bounds: Bounds): State {
  const generation = Math.max(begun.configured, begun.deployed) + 1
  const own = begun.reports.length
  const wide = { ...bounds, generations: generation + 1, reports: own + 1, versions: 9, atOnce: 9 }
  const setting: Setting = { rules, bounds: { ...wide, without: [] } }
  const { configured, deployed } = begun
  const script = [
    ...Array<string>(generation - configured).fill('tell the hosts'),
    ...Array<string>(generation - deployed).fill('deploy'),
    ...[`snapshot ${own}`, `part ${own}`, `manifest ${own}`, `count ${own}`],
    ...[`judge ${own}`, `decide on ${own}`, `approve ${own}`, `read the verdict on ${own}`],
    ...[`decide on ${own}`, ...Array<string>(3).fill(`condemn by ${own}`), `end ${own}`],
    ...['sweep by', 'look for unfinished sweeps', ...Array<string>(3).fill('sweep: '), 'the life'],
    ...Array<string>(6).fill('undelete: '),
  ]
  return script.reduce((state, name) => take(state, setting, name), begun)
}

/** The state after that step, or as it was when there is none to be done. */
export function take(state: State, setting: Setting, name: string): State {
  for (const step of allSteps(state, setting))
    if (step.name.startsWith(name) && !/ die|wrong/.test(step.name)) return step.to
  return state
}
