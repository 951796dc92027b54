import type { Caller } from './callers.ts'
import type { Verdict } from './judge.ts'
import { byName, type Cell, cellName, type Matrix, rowName } from './matrix.ts'
import type { Table } from './tables.ts'

const LABEL = 52
const WIDTH = 5
const GAP = '  '

/** A table as people review it: the heads again at each section, a gap between groups, the cells counted. */
export function tableText(table: Table, matrix: Matrix): string {
  const verdicts = byName(new Map([...matrix].filter(([cell]) => cell.table === table)))
  const lines = table.sections.flatMap(({ title, requests }) => [
    '',
    ...heads(title, table.callers),
    ...requests.map(request => {
      const cells = table.callers.map(caller => verdicts.get(cellName({ table, caller, request })) ?? '')
      return line(rowName(request), table.callers, cells)
    }),
  ])
  return `${[`# ${table.name}`, ...legend(table.callers), ...lines, '', count(verdicts)].join('\n')}\n`
}

/** Cells as people review them where they are few: for each row of a table the callers. */
export function givenText(cells: readonly Cell[]): string {
  const rows = Map.groupBy(cells, ({ table, request }) => `${table.name} · ${rowName(request)}`)
  const lines = [...rows].map(
    ([row, found]) => `${row}: ${found.map(({ caller }) => caller.name).join(', ')}`,
  )
  return `${[...lines, '', `${cells.length} cells`].join('\n')}\n`
}

function heads(title: string, callers: readonly Caller[]): string[] {
  const groups = callers.map(({ group }, index) => (callers[index - 1]?.group === group ? '' : group))
  const top = callers.map((_, index) => groups[index] ?? '')
  return [
    overflowing(top, callers),
    line(
      `== ${title}`,
      callers,
      callers.map(({ head }) => head),
    ),
  ]
}

/** Names of groups are longer than a column; they may reach over their group's. */
function overflowing(names: readonly string[], callers: readonly Caller[]): string {
  let text = ''
  names.forEach((name, index) => {
    if (name !== '') text = text.padEnd(offset(index, callers)) + name
  })
  return text
}

function line(label: string, callers: readonly Caller[], cells: readonly string[]): string {
  return cells.reduce((text, cell, index) => text.padEnd(offset(index, callers)) + cell, label)
}

function offset(index: number, callers: readonly Caller[]): number {
  const gaps = callers.slice(1, index + 1).filter((caller, before) => caller.group !== callers[before]?.group)
  return LABEL + index * WIDTH + gaps.length * GAP.length
}

function legend(callers: readonly Caller[]): string[] {
  const groups = Map.groupBy(callers, ({ group }) => group)
  const names = [...groups].map(
    ([group, members]) => `${group}: ${members.map(({ head, name }) => `${head} ${name}`).join(', ')}`,
  )
  return ['', 'A allowed · D denied, whatever else allows it · i allowed by nothing', ...names]
}

function count(verdicts: ReadonlyMap<string, Verdict>): string {
  const of = (letter: Verdict) => [...verdicts.values()].filter(verdict => verdict === letter).length
  return `${verdicts.size} cells: ${of('A')} A, ${of('D')} D, ${of('i')} i`
}
