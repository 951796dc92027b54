import { isDeepStrictEqual } from 'node:util'
import type { Policies, Statement } from '../document.ts'
import { DATABASES, type Installation } from '../installation.ts'
import { type Cell, cellName, cellsOf } from '../matrix.ts'
import type { Table } from '../tables.ts'
import { type Mutation, mutantsOf } from './mutant.ts'
import { noticing } from './notice.ts'

/**
 * By the name of each mutant the cell it changes; `undefined` where nobody would notice. A statement that the same policy of a
 * known installation has word for word is changed there.
 */
export async function changedCells(
  { policies }: Installation,
  tables: readonly Table[],
  names: readonly string[],
  mutation: Mutation,
  known?: Policies,
): Promise<Map<string, string | undefined>> {
  const notice = noticing(byCaller(cellsOf(tables.map(withoutTwins))), policies)
  const changed = new Map<string, string | undefined>()
  for (const name of names) {
    const document = policies.get(name)
    if (!document) throw new Error(`no policy ${name}`)
    const others = known?.get(name)?.Statement ?? []
    const isKnown = (statement: Statement) => others.some(other => isDeepStrictEqual(other, statement))
    for (const mutant of mutantsOf(name, document, mutation, isKnown)) {
      if (changed.has(mutant.name)) throw new Error(`two mutants ${mutant.name}`)
      const cell = await notice(mutant)
      changed.set(mutant.name, cell && cellName(cell))
    }
  }
  return changed
}

/** Column by column, those first whom only denials and boundaries hold back: most mutants are noticed there. */
function byCaller(cells: readonly Cell[]): Cell[] {
  const columns = Map.groupBy(cells, ({ caller }) => caller.name)
  const [theirs, others] = [true, false].map(isMore =>
    [...columns.values()].filter(([first]) => (first?.caller.more !== undefined) === isMore),
  )
  return [theirs, others].flat(2).filter(cell => cell !== undefined)
}

/** The other databases have the same policies but for the name, which a test holds; so the first stands for all. */
export function isTwin(name: string): boolean {
  return DATABASES.slice(1).some(database => name.endsWith(` of ${database}`))
}

function withoutTwins(table: Table): Table {
  return {
    ...table,
    callers: table.callers.filter(({ name, identity }) => identity.length === 0 || !isTwin(name)),
  }
}
