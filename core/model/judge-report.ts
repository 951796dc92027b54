import { NiceBlobsError } from './errors.ts'
import { isLater } from './gc-rules.ts'
import { horizonOf } from './key.ts'
import { MINUTE } from './quantity.ts'
import type { Reason, Refusal, ReportCounts, ReportRow } from './report-row.ts'
import { tidToTime, timeToTid } from './tid.ts'

/** What a database is allowed, as it is deployed. */
export interface ReportRules {
  readonly generation: string
  /** Of the database's archived blobs. */
  readonly largestShare: number
}

const FOLLOWED: readonly ReportRow['state'][] = ['condemning', 'done']
/** What a database's clock may be ahead of the bucket's; milliseconds. */
const AHEAD = 15 * MINUTE

/** Reasons for which a report is never followed, whoever approves: it is of another time. `others`: all the database's reports. */
export function judgeTime(
  row: Pick<ReportRow, 'report' | 'generation' | 'storedAt'>,
  others: readonly ReportRow[],
  rules: Pick<ReportRules, 'generation'>,
): Reason[] {
  const { report, generation } = row
  const followed = others.filter(other => FOLLOWED.includes(other.state) && other.report !== report)
  const told = `of generation ${generation}`
  if (generation !== rules.generation)
    return [reason('other generation', `${told}; ${rules.generation} is deployed`)]
  const before = latestOf(followed)
  if (before && before.generation !== generation && followed.some(other => other.generation === generation))
    return [reason('other generation', `${told}, which was left for ${before.generation}`)]
  if (isFuture(row))
    return [reason('future', `its horizon ${horizonOf(report)} is after the time when it was stored`)]
  return judgeAge(
    row,
    followed.filter(other => other.generation === generation),
  )
}

/**
 * Whether one of these tells of a later time, by its snapshot or by when it was stored: between two horizons there may be a restore
 * that nobody told of. `others`: of its generation.
 */
export function judgeAge(
  { report, storedAt }: Pick<ReportRow, 'report' | 'storedAt'>,
  others: readonly ReportRow[],
): Reason[] {
  const later = others.find(other => isLater(other.report, report))
  if (later) return [reason('older', `its horizon is before that of ${later.report}`)]
  const since = others.find(other => other.storedAt > storedAt)
  return since ? [reason('older', `it was stored before ${since.report}`)] : []
}

/** By such a one what is written until then would not be young. */
function isFuture({ report, storedAt }: Pick<ReportRow, 'report' | 'storedAt'>): boolean {
  return tidToTime(horizonOf(report) ?? '') > storedAt + AHEAD
}

/** The last that was decided on: by the condemner's clock, and among generations only. */
export function latestOf(reports: readonly ReportRow[]): ReportRow | undefined {
  return reports.toSorted((a, b) => (b.decidedAt ?? 0) - (a.decidedAt ?? 0))[0]
}

/** Reasons to wait for a person, from what following the report would change. */
export function judgeCounts(
  counts: ReportCounts,
  { largestShare }: Pick<ReportRules, 'largestShare'>,
): Reason[] {
  const reasons: Reason[] = []
  const named = counts.alive + counts.revived + counts.sweptAlive
  const older = named + counts.condemned + counts.known + counts.swept
  const archived = counts.alive + counts.young + counts.condemned
  if (older > 0 && named === 0) reasons.push(reason('unrelated', `names none of ${older} blobs of the index`))
  if (counts.contradicting > 0)
    reasons.push(
      reason('contradicting', `names ${counts.contradicting} that were garbage in this generation`),
    )
  if (counts.condemned > largestShare * archived)
    reasons.push(
      reason(
        'too much',
        `condemns ${counts.condemned} of ${archived}, more than ${percent(largestShare)} of them`,
      ),
    )
  return reasons
}

/** What was read of a report says by itself that it cannot be followed. */
export class ReportRefused extends NiceBlobsError {
  readonly reason: Reason

  constructor(refusal: Refusal, told: string, subject: string, cause?: unknown) {
    super('REPORT_INVALID', told, {
      subject,
      hint: 'nothing more is condemned by it; make another report: nice-blobs live-report',
      cause,
    })
    this.name = 'ReportRefused'
    this.reason = reason(refusal, told)
  }
}

export function reason(refusal: Refusal, told: string): Reason {
  return { refusal, told }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

/**
 * What waits for a person: not followed, no verdict on it, and none followed that came after this was known and tells of a later
 * time. One that was on its way by then may have been decided on later, and still be from before the restore that this one shows.
 */
export function isOpen(row: ReportRow, all: readonly ReportRow[]): boolean {
  if (row.state !== 'waiting' && row.state !== 'refused') return false
  return !all.some(other => other.state === 'done' && isAfter(other, row))
}

/** Horizons of two generations are of two databases, and one of the future is of no time but that when it was stored. */
function isAfter(other: ReportRow, row: ReportRow): boolean {
  const { report, generation, storedAt, decidedAt, endedAt } = row
  // Refused once it was decided on, it shows nothing that was not known by then.
  if (other.storedAt <= (decidedAt ?? endedAt ?? storedAt)) return false
  if (other.generation !== generation) return true
  return isFuture(row) ? (horizonOf(other.report) ?? '') > timeToTid(storedAt) : isLater(other.report, report)
}
