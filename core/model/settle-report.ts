import type { GarbagePolicy } from './garbage-policy.ts'
import { judgeAge, judgeCounts, judgeTime, type ReportRules, reason } from './judge-report.ts'
import {
  addCounts,
  NO_COUNTS,
  type Reason,
  type ReportRow,
  type ReportState,
  type ShardRow,
} from './report-row.ts'
import type { Verdict } from './verdict.ts'

/**
 * What becomes of a live report: each function answers the row that follows on the one it is given. Times in milliseconds since
 * 1970.
 */

/** What a database is allowed; undefined for one that is not deployed. */
export function rulesOf(
  { databases, largestShare }: Pick<GarbagePolicy, 'databases' | 'largestShare'>,
  database: string,
): ReportRules | undefined {
  const own = databases[database]
  return own && { generation: own.generation, largestShare }
}

/** Why it is of another time or place than what is deployed, whatever it says. */
export function judgePlace(
  row: Pick<ReportRow, 'database' | 'report' | 'generation' | 'storedAt'>,
  others: readonly ReportRow[],
  rules: ReportRules | undefined,
): Reason[] {
  return rules
    ? judgeTime(row, others, rules)
    : [reason('foreign', `of ${row.database}, which is not deployed`)]
}

/**
 * Why a report that is being followed is not followed any further: its generation has ended, or a later one has done all that is left
 * for it, and what was undeleted since would have no whole grace by its decision.
 */
export function judgeGoingOn(
  row: ReportRow,
  others: readonly ReportRow[],
  rules: ReportRules | undefined,
): Reason[] {
  const { generation, decidedAt = 0 } = row
  const left = others.find(other => other.generation !== generation && (other.decidedAt ?? 0) > decidedAt)
  if (left) return [reason('other generation', `of ${generation}, which was left for ${left.generation}`)]
  const place = judgePlace(row, [], rules)
  if (place.length > 0) return place
  const done = others.filter(other => other.state === 'done' && other.generation === generation)
  return judgeAge(row, done)
}

/** Once all its shards are counted. */
export function settleCounted(
  row: ReportRow,
  shards: readonly ShardRow[],
  { place, largestShare, now }: { place: readonly Reason[]; largestShare: number; now: number },
): ReportRow {
  const wrong = mergeReasons(shards.flatMap(shard => (shard.reason ? [shard.reason] : [])))
  if (wrong.length > 0) return refuse(row, wrong, now)
  const counts = sumOf(shards)
  if (place.length > 0) return refuse({ ...row, counts }, place, now)
  const reasons = judgeCounts(counts, { largestShare })
  if (reasons.length > 0) return next(row, { state: 'waiting', reasons, counts, endedAt: now })
  return next(row, { state: 'condemning', counts, decidedAt: now })
}

/** Once all its shards are followed. */
export function settleCondemned(row: ReportRow, shards: readonly ShardRow[], now: number): ReportRow {
  return next(row, { state: 'done', counts: sumOf(shards), endedAt: now })
}

/** What a person may still decide about, by the report's state. */
const OPEN_TO: Readonly<Record<Verdict, readonly ReportState[]>> = {
  approve: ['waiting'],
  reject: ['counting', 'waiting', 'refused'],
}

export function isOpenTo(verdict: Verdict, state: ReportState): boolean {
  return OPEN_TO[verdict].includes(state)
}

/** Undefined where it changes nothing: what is refused is never followed, and what is followed cannot be rejected any more. */
export function settleVerdict(
  row: ReportRow,
  verdict: Verdict,
  { place, now }: { place: readonly Reason[]; now: number },
): ReportRow | undefined {
  if (!isOpenTo(verdict, row.state)) return undefined
  if (verdict === 'reject') return next(row, { state: 'rejected', endedAt: now })
  if (place.length > 0) return refuse(row, place, now)
  const { endedAt: _, ...waiting } = row
  return next(waiting, { state: 'condemning', approved: true, decidedAt: now })
}

export function refuse(row: ReportRow, reasons: readonly Reason[], now: number): ReportRow {
  return next(row, { state: 'refused', reasons: [...reasons], endedAt: now })
}

function next(row: ReportRow, change: Partial<ReportRow>): ReportRow {
  return { ...row, ...change, revision: row.revision + 1 }
}

function sumOf(shards: readonly ShardRow[]) {
  return shards.map(({ counts }) => counts).reduce(addCounts, NO_COUNTS)
}

/** One of each kind: what is wrong with one part tends to be wrong with many. */
function mergeReasons(reasons: readonly Reason[]): Reason[] {
  return Object.values(Object.groupBy(reasons, ({ refusal }) => refusal)).flatMap(([first, ...more]) => {
    if (!first) return []
    return more.length === 0 ? [first] : [reason(first.refusal, `${first.told} (and ${more.length} more)`)]
  })
}
