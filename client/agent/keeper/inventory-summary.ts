import { createGiveWay } from '../../../core/give-way.ts'
import type { Tally } from '../../../core/model/archive-policy.ts'
import { tidToTime, timeToTid } from '../../../core/model/tid.ts'
import type { SummaryRow } from '../../../core/model/volume-row.ts'
import { bytesOf, idOf } from './inventory-blobs.ts'
import { type InventoryDatabase, STATE } from './inventory-database.ts'

/** So many are grouped in a few milliseconds, and sorted for it in memory. */
const ROWS_AT_ONCE = 20_000
/** Of the first tid. */
const FIRST_TIME = Date.UTC(1900, 0)

/** Lower edges of the classes, ascending: ages in milliseconds, sizes in bytes. */
export interface SummaryEdges {
  ages: readonly number[]
  sizes: readonly number[]
  /** Bytes; what is smaller is not looked at for the oldest. */
  minSize: number
}

export interface InventorySummary {
  /** Of what waits, and of what is unknown, which counts as waiting. */
  cells: SummaryRow['waiting']['cells']
  /** Milliseconds since 1970. */
  oldestWaiting?: number
  total: Tally
  archived: Tally
  left: Tally
}

/** Grouped by SQLite, part by part: in one go, everything else of the process would wait for a million rows. */
export async function summarize(
  { sql }: InventoryDatabase,
  edges: SummaryEdges,
  now: number,
): Promise<InventorySummary> {
  const giveWay = createGiveWay()
  const sum = createSum(edges.sizes.length)
  const statement = groupingSql(edges)
  const parameters = [
    edges.minSize,
    ...edges.ages.slice(1).map(age => bytesOf(timeToTid(Math.max(FIRST_TIME, now - age)))),
    ...edges.sizes.slice(1),
  ]
  const end = Number(sql('SELECT max(id) AS id FROM blob').get()?.id ?? 0)
  for (let after = 0; after < end; after += ROWS_AT_ONCE) {
    for (const row of sql(statement).all(after, after + ROWS_AT_ONCE, ...parameters)) sum.add(row)
    await giveWay()
  }
  return sum.finish()
}

/** Rows from ?1 to ?2, with ?3 as the least size that may be the oldest, and then the edges but for the first of each. */
function groupingSql({ ages, sizes }: SummaryEdges): string {
  const ageClass = classSql(0, ages.length, edge => `tid <= ?${3 + edge}`)
  const sizeClass = classSql(0, sizes.length, edge => `size >= ?${2 + ages.length + edge}`)
  const waits = `state IN (${STATE.unknown}, ${STATE.waiting})`
  return `SELECT state, CASE WHEN ${waits} THEN (${ageClass}) * ${sizes.length} + (${sizeClass}) END AS cell,
      count(*) AS blobs, sum(size) AS bytes, min(CASE WHEN ${waits} AND size >= ?3 THEN tid END) AS oldest
    FROM blob WHERE id > ?1 AND id <= ?2 GROUP BY 1, 2`
}

/** The number of a class by halving: four comparisons find one of sixteen. */
function classSql(from: number, to: number, reaches: (edge: number) => string): string {
  if (to - from <= 1) return String(from)
  const middle = (from + to) >> 1
  const [above, below] = [classSql(middle, to, reaches), classSql(from, middle, reaches)]
  return `CASE WHEN ${reaches(middle)} THEN ${above} ELSE ${below} END`
}

function createSum(sizeClasses: number) {
  const cells = new Map<number, Tally>()
  const [total, archived, left] = [noTally(), noTally(), noTally()]
  let oldest: string | undefined

  function addWaiting(row: Record<string, unknown>): void {
    const cell = cells.get(Number(row.cell)) ?? noTally()
    cells.set(Number(row.cell), cell)
    add(cell, row)
    if (row.oldest === null) return
    const tid = idOf(row.oldest)
    if (oldest === undefined || tid < oldest) oldest = tid
  }

  return {
    add(row: Record<string, unknown>) {
      add(total, row)
      if (row.state === STATE.archived) add(archived, row)
      else if (row.state === STATE.left) add(left, row)
      else addWaiting(row)
    },
    finish(): InventorySummary {
      const inOrder = [...cells].sort(([a], [b]) => a - b)
      return {
        cells: inOrder.map(([cell, { blobs, bytes }]) => [
          Math.floor(cell / sizeClasses),
          cell % sizeClasses,
          blobs,
          bytes,
        ]),
        ...(oldest !== undefined && { oldestWaiting: tidToTime(oldest) }),
        total,
        archived,
        left,
      }
    },
  }
}

function noTally(): Tally {
  return { blobs: 0, bytes: 0 }
}

function add(tally: Tally, { blobs, bytes }: Record<string, unknown>): void {
  tally.blobs += Number(blobs)
  tally.bytes += Number(bytes)
}
