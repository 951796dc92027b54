import type { Caller } from './callers.ts'
import type { Policies } from './document.ts'
import { judge, type Verdict } from './judge.ts'
import type { Request } from './requests/request.ts'
import type { Table } from './tables.ts'

export interface Cell {
  table: Table
  caller: Caller
  request: Request
}

/** Every cell of some tables with its verdict. */
export type Matrix = ReadonlyMap<Cell, Verdict>

export function cellsOf(tables: readonly Table[]): Cell[] {
  return tables.flatMap(table =>
    table.sections.flatMap(({ requests }) =>
      requests.flatMap(request => table.callers.map(caller => ({ table, caller, request }))),
    ),
  )
}

export async function judgeAll(tables: readonly Table[], policies: Policies): Promise<Matrix> {
  const matrix = new Map<Cell, Verdict>()
  for (const cell of cellsOf(tables)) matrix.set(cell, await judgeCell(cell, policies))
  return matrix
}

export function judgeCell({ table, caller, request }: Cell, policies: Policies): Promise<Verdict> {
  return judge(caller, request, table.store, policies)
}

/** `bucket · overwrite blobs/main · instance of main` */
export function cellName({ table, caller, request }: Cell): string {
  return `${table.name} · ${rowName(request)} · ${caller.name}`
}

export function rowName({ name, on }: Request): string {
  return `${name} ${on}`.trim()
}

/** Verdicts by the name of their cell; two cells of one name would hide each other. */
export function byName(matrix: Matrix): Map<string, Verdict> {
  const named = new Map([...matrix].map(([cell, verdict]) => [cellName(cell), verdict]))
  if (named.size !== matrix.size) throw new Error('two cells have one name')
  return named
}
