import { BlobUnavailable, NiceBlobsError, translateSystemError } from '../../core/model/errors.ts'
import { formatDuration } from '../../core/model/quantity.ts'

/** What was found, and what to do about it. */
export interface Condition {
  level: 'ok' | 'warn' | 'fail' | 'skipped'
  told: string
  mend?: string
  /** Of the command, when it failed. */
  status?: number
}

/** Of one part of an installation; the status is 0 unless it failed. */
export interface Diagnosis extends Condition {
  part: string
  status: number
}

type Examine = () => Condition | Promise<Condition>

/** One part's failure is what was found about it, and hides nothing of the others. */
export async function diagnose(part: string, examine: Examine): Promise<Diagnosis> {
  try {
    return { part, status: 0, ...(await examine()) }
  } catch (error) {
    const known = error instanceof NiceBlobsError ? error : translateSystemError(error)
    if (!known) throw error
    return { part, ...failure(known) }
  }
}

export function failure({ code, subject, message, hint, exitStatus }: NiceBlobsError) {
  const told = `${code}: ${subject}: ${message}`
  return { level: 'fail', told, mend: hint, status: exitStatus } satisfies Condition
}

export function isDenied(error: unknown): boolean {
  return error instanceof NiceBlobsError && error.code === 'ACCESS_DENIED'
}

const FAR = 60_000
/** S3 refuses requests at a quarter of an hour; at this distance somebody has to look. */
const TOO_FAR = 300_000

/** `ahead`: of the bucket's clock, in milliseconds; undefined when nothing answered. */
export function judgeClock(ahead: number | undefined): Condition {
  if (ahead === undefined) return { level: 'skipped', told: 'the bucket told no time' }
  const told = `${formatDuration(Math.abs(ahead))} ${ahead < 0 ? 'behind' : 'ahead of'} the bucket’s`
  const mend = 'have the clock of this host set by NTP'
  if (Math.abs(ahead) <= FAR) return { level: 'ok', told }
  if (Math.abs(ahead) <= TOO_FAR) return { level: 'warn', told, mend }
  throw new BlobUnavailable('CLOCK_WRONG', told, { subject: 'this host', hint: mend })
}
