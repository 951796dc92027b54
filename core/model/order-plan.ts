import {
  type ArchivePolicy,
  count,
  judge,
  type Keeping,
  type Tally,
  type VolumeFile,
} from './archive-policy.ts'
import type { LeaseRow, OrderRow } from './volume-row.ts'

/** An order as an agent has it. `seenFor`: since the agent first saw it, by its own monotonic clock, in milliseconds. */
export interface SeenOrder {
  readonly order: OrderRow
  readonly seenFor: number
}

/**
 * What time it is, at the most: the schedule's time of giving the order, and what has passed since it was seen. So an agent whose
 * clock is fast neither archives what is too young nor releases before the delay (I1); one whose clock is slow waits.
 */
export function timeByOrder({ order, seenFor }: SeenOrder, ownClock: number): number {
  return Math.min(ownClock, order.issuedAt + seenFor)
}

export function isValid({ order, seenFor }: SeenOrder, ownClock: number): boolean {
  return seenFor < order.validFor && ownClock < order.issuedAt + order.validFor
}

/** What of the order's budget has not been taken yet; infinite where there is no limit. */
export function budgetLeft({ run, budget }: OrderRow, { spent }: Pick<LeaseRow, 'spent'>): Tally {
  const used = spent?.run === run ? spent : { blobs: 0, bytes: 0 }
  const { blobs = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = budget
  return { blobs: blobs - used.blobs, bytes: bytes - used.bytes }
}

type NotNow = Keeping | 'over the budget'

export interface Slice {
  readonly due: readonly VolumeFile[]
  readonly total: Tally
  readonly kept: Readonly<Partial<Record<NotNow, Tally>>>
  /** All files were looked at. */
  readonly ended: boolean
}

/** `looks`: at so many files, since among a million that are too young none may be due. */
export interface Most extends Tally {
  readonly looks: number
}

/**
 * The next of the files to archive, which come the largest first; never more than is left of the budget, nor than `most`. A file that
 * does not fit is passed over, so that a smaller one may.
 */
export function planSlice(
  files: Iterator<VolumeFile>,
  policy: ArchivePolicy,
  left: Tally,
  most: Most,
  now: number,
): Slice {
  const due: VolumeFile[] = []
  const total = { blobs: 0, bytes: 0 }
  const kept: Partial<Record<NotNow, Tally>> = {}
  // What is empty takes none of it, and comes last.
  const isUsedUp = left.bytes < 1 && !policy.allowEmpty
  for (
    let looks = 0;
    looks < most.looks && total.blobs < most.blobs && total.bytes < most.bytes;
    looks += 1
  ) {
    if (total.blobs >= left.blobs || isUsedUp) return { due, total, kept, ended: true }
    const { value: file, done } = files.next()
    if (done) return { due, total, kept, ended: true }
    const reason = judge(file, policy, now)
    const fits = total.bytes + file.size <= left.bytes
    if (reason !== 'due') count(kept, reason, file.size)
    else if (!fits) count(kept, 'over the budget', file.size)
    else {
      due.push(file)
      total.blobs += 1
      total.bytes += file.size
    }
  }
  return { due, total, kept, ended: false }
}
