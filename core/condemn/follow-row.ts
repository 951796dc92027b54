import type { BlobRow } from '../model/blob-row.ts'
import { condemnRow, judgeRow, type RowVerdict, reviveRow } from '../model/gc-rules.ts'
import { formatRef } from '../model/ref.ts'
import type { ReportRow } from '../model/report-row.ts'
import type { BlobIndex } from '../ports.ts'
import { changesAgain } from './condemner.ts'

export interface Judged {
  readonly row: BlobRow
  readonly verdict: RowVerdict
  readonly named: boolean
}

const MOST_ATTEMPTS = 20

/**
 * Does to one row what a report says, whatever others do to it meanwhile. Answers what it did, though an earlier attempt at this
 * shard may have done it (I8), and undefined for a row that is there no more.
 */
export async function followRow(
  index: Pick<BlobIndex, 'find' | 'replace'>,
  judged: Judged,
  report: ReportRow,
): Promise<Judged | undefined> {
  let { row, verdict } = judged
  const { named } = judged
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
    const after = changed(row, verdict, report)
    if (!after) return { row, verdict: isOwn(row, report) ? 'condemned' : verdict, named }
    if (await index.replace(row, after)) return { row, verdict, named }
    const [found] = await index.find(row.database, [row])
    if (!found) return undefined
    // Perhaps its own write, whose answer was lost.
    if (found.state === after.state && found.condemnedBy === after.condemnedBy) return { row, verdict, named }
    row = found
    verdict = judgeRow(row, named, report)
  }
  throw changesAgain(`${row.database}/${formatRef(row)}`)
}

function changed(row: BlobRow, verdict: RowVerdict, report: ReportRow): BlobRow | undefined {
  if (verdict === 'condemned') return condemnRow(row, report)
  return verdict === 'revived' ? reviveRow(row) : undefined
}

function isOwn({ state, condemnedBy }: BlobRow, { report }: ReportRow): boolean {
  return state === 'condemned' && condemnedBy === report
}
