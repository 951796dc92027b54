import { budgetLeft, planSlice } from '../../../core/model/order-plan.ts'
import type { OrderRow } from '../../../core/model/volume-row.ts'
import { archiveFiles } from './archive-files.ts'
import type { ArchivedFile } from './inventory-blobs.ts'
import { releaseFiles } from './release-files.ts'
import type { VolumeLease } from './volume-lease.ts'
import type { Workplace } from './workplace.ts'

/** What is done between two looks at lease and order. */
const SLICE = { blobs: 64, bytes: 256 * 2 ** 20, looks: 10_000 }
const RELEASES_AT_ONCE = 64

/** An order being followed: first what it lets be archived, the largest first, then what may be released. */
export interface OrderWork {
  /** Does the next part of it; false when there is nothing left to do for now. */
  step(lease: VolumeLease, signal: AbortSignal): Promise<boolean>
  readonly doing: 'archiving' | 'releasing' | 'nothing'
}

/** `first`: with releasing where nothing new can be due, since looking through what waits takes longer than all else. */
export function createOrderWork(
  place: Workplace,
  order: OrderRow,
  first: 'archiving' | 'releasing',
): OrderWork {
  const { archive, inventory } = place
  const waiting = inventory.waiting(order.archive.minSize)[Symbol.iterator]()
  const archived = inventory.archived()[Symbol.iterator]()
  let doing: OrderWork['doing'] = first

  async function archiveSlice(lease: VolumeLease, signal: AbortSignal): Promise<void> {
    const held = lease.held()
    if (!held) return
    const slice = planSlice(waiting, order.archive, budgetLeft(order, held), SLICE, archive.now())
    if (slice.ended) doing = 'releasing'
    if (slice.due.length === 0) return
    // Taken before it is used, so that a kill wastes some of the budget and never doubles it.
    if (isLimited(order) && !(await lease.spend(order.run, slice.total))) return
    await archiveFiles(place, slice.due, order.archive, signal)
  }

  async function releaseSome(signal: AbortSignal): Promise<void> {
    const due = nextDue(archived, order, archive.now())
    if (due.length < RELEASES_AT_ONCE) doing = 'nothing'
    if (!(await releaseFiles(place, due, order.release, signal))) doing = 'nothing'
  }

  return {
    get doing() {
      return doing
    },
    async step(lease, signal) {
      if (doing === 'archiving') await archiveSlice(lease, signal)
      else if (doing === 'releasing') await releaseSome(signal)
      return doing !== 'nothing'
    },
  }
}

function isLimited({ budget }: OrderRow): boolean {
  return budget.blobs !== undefined || budget.bytes !== undefined
}

/** They come in the order in which they were archived, so that the first that is too fresh is the last to look at. */
function nextDue(files: Iterator<ArchivedFile>, { release }: OrderRow, now: number): ArchivedFile[] {
  const due: ArchivedFile[] = []
  while (due.length < RELEASES_AT_ONCE) {
    const { value: file, done } = files.next()
    // Without a delay a host with a slower clock has not to wait either.
    if (done || (release.delay > 0 && now - file.archivedAt < release.delay)) return due
    due.push(file)
  }
  return due
}
