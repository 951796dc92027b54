import type { Verdict } from './judge.ts'
import type { Cell, Matrix } from './matrix.ts'
import type { Table } from './tables.ts'

export function named(tables: readonly Table[], name: string): Table {
  const found = tables.find(table => table.name === name)
  if (!found) throw new Error(`no table ${name}`)
  return found
}

export function only(tables: readonly Table[], names: string[], titles?: string[]): Table[] {
  return tables
    .filter(({ name }) => names.includes(name))
    .map(table => ({
      ...table,
      sections: table.sections.filter(({ title }) => titles?.includes(title) ?? true),
    }))
}

export function cellsIn(matrix: Matrix, table: string): [Cell, Verdict][] {
  return [...matrix].filter(([cell]) => cell.table.name === table)
}

export function rowsOf(cells: Iterable<[Cell, Verdict]>, tables: string[], row = /(?:)/): [Cell, Verdict][] {
  return [...cells].filter(([{ table, request }]) => tables.includes(table.name) && row.test(request.name))
}
