import { count, type Tally } from './model/archive-policy.ts'
import type { Difference } from './model/difference.ts'
import { BlobUnavailable, NiceBlobsError } from './model/errors.ts'
import type { Ref } from './model/ref.ts'

/** What a run over many blobs tells while it works. */
export interface RunEvents {
  /** How much there is to do, once that is known. */
  planned(total: Tally): void
  /** What happened to a blob; it may be archived and then released. */
  blob(ref: Ref, bytes: number, outcome: string): void
  failed(error: NiceBlobsError): void
  /** A blob is dealt with, one way or the other; said once for each. */
  progressed(bytes: number): void
}

export interface CheckEvents extends RunEvents {
  /** Index and bucket disagree about something, and still do. */
  differs(difference: Difference): void
}

export interface AdoptEvents extends RunEvents {
  /** An object of a predecessor that is no blob of it, and why; it is left alone. */
  foreign(key: string, bytes: number, reason: string): void
}

/** What happened, by outcome and, for what did not work, by code. */
export interface RunSummary {
  outcomes: Record<string, Tally>
  failures: Record<string, number>
}

/** Counts what it passes on. */
export function createTallies(
  events: RunEvents & Partial<CheckEvents & AdoptEvents>,
): CheckEvents & AdoptEvents & { summary: RunSummary } {
  const outcomes: Record<string, Tally> = {}
  const failures: Record<string, number> = {}
  return {
    summary: { outcomes, failures },
    planned: total => events.planned(total),
    blob(ref, bytes, outcome) {
      count(outcomes, outcome, bytes)
      events.blob(ref, bytes, outcome)
    },
    differs(difference) {
      count(outcomes, difference.class, difference.bytes)
      events.differs?.(difference)
    },
    foreign(key, bytes, reason) {
      count(outcomes, 'foreign', bytes)
      events.foreign?.(key, bytes, reason)
    },
    failed(error) {
      failures[error.code] = (failures[error.code] ?? 0) + 1
      events.failed(error)
    },
    progressed: bytes => events.progressed(bytes),
  }
}

/**
 * One blob's trouble is told and passed by. What would be the same trouble for every blob (an outage, a full disk), or
 * is none of ours, ends the run; after an abort nothing is told any more.
 */
export async function attempt(
  events: RunEvents,
  bytes: number,
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
    events.progressed(bytes)
  } catch (error) {
    if (signal?.aborted) return
    if (!(error instanceof NiceBlobsError) || concernsAll(error)) throw error
    events.failed(error)
    events.progressed(bytes)
  }
}

/** Whether it would be the same for every blob. */
export function concernsAll(error: NiceBlobsError): boolean {
  return (
    error instanceof BlobUnavailable || error.code === 'TARGET_UNWRITABLE' || error.code === 'DISK_REFUSED'
  )
}
