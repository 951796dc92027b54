import type { Policies } from '../document.ts'
import type { Verdict } from '../judge.ts'
import { type Cell, judgeCell } from '../matrix.ts'
import type { Mutant } from './mutant.ts'

/** Tells the first cell that a mutant changes. Cells it cannot change are not judged again. */
export function noticing(
  cells: readonly Cell[],
  policies: Policies,
): (mutant: Mutant) => Promise<Cell | undefined> {
  const judged = new Map<Cell, Verdict>()

  async function asDeployed(cell: Cell): Promise<Verdict> {
    const verdict = judged.get(cell) ?? (await judgeCell(cell, policies))
    judged.set(cell, verdict)
    return verdict
  }

  return async mutant => {
    const changed = new Map(policies).set(mutant.policy, mutant.document)
    for (const cell of cells) {
      if (!isAbout(mutant, cell)) continue
      const verdict = await asDeployed(cell)
      if (mutant.from.includes(verdict) && (await judgeCell(cell, changed)) !== verdict) return cell
    }
    return undefined
  }
}

function isAbout({ policy, actions, resources }: Mutant, { table, caller, request }: Cell): boolean {
  const isBound =
    table.store.policy === policy || caller.boundary === policy || caller.identity.includes(policy)
  return (
    isBound &&
    actions.some(action => covers(action, request.action)) &&
    resources.some(resource => matches(resource, request.resource))
  )
}

function matches(pattern: string, resource: string): boolean {
  return RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`).test(resource)
}

/** Whole actions, and all of a service, are the only ones that occur. */
function covers(pattern: string, action: string): boolean {
  if (/\*./.test(pattern) || /[^:]\*$/.test(pattern)) throw new Error(`cannot tell what ${pattern} covers`)
  return pattern.endsWith(':*') ? action.startsWith(pattern.slice(0, -1)) : pattern === action
}
