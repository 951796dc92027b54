import { statfs } from 'node:fs/promises'
import type { ArchivePolicy, Tally } from '../../../core/model/archive-policy.ts'
import { translateSystemError } from '../../../core/model/errors.ts'
import { summaryEdges } from '../../../core/model/summary-edges.ts'
import type { LeaseRow, SummaryRow } from '../../../core/model/volume-row.ts'
import type { FleetIndex } from '../../../core/ports.ts'
import type { Clocks } from './volume-lease.ts'
import type { Workplace } from './workplace.ts'

/** What the cache of this host takes and may take; undefined where nobody can tell. */
export type CacheFill = () => SummaryRow['cache']

/** A volume in a few hundred numbers, for the schedule and for people. Ages are by `now`, milliseconds since 1970. */
async function makeSummary(
  { volume, inventory }: Pick<Workplace, 'volume' | 'inventory'>,
  { database, volume: name, term }: LeaseRow,
  policy: ArchivePolicy,
  cacheFill: CacheFill,
  now: number,
): Promise<SummaryRow> {
  const edges = summaryEdges(policy)
  const { cells, oldestWaiting, archived, left } = await inventory.summarize(
    { ...edges, minSize: leastSize(policy) },
    now,
  )
  const cache = cacheFill()
  return {
    formatVersion: 1,
    database,
    volume: name,
    term,
    madeAt: now,
    waiting: { ...edges, cells },
    ...(oldestWaiting !== undefined && { oldestWaiting }),
    archived,
    left,
    disk: await diskOf(volume.directory),
    ...(cache && { cache }),
    lately: inventory.lately(now),
  }
}

/** An empty file is no blob that waits, unless the policy wants it archived. */
function leastSize({ minSize, allowEmpty }: ArchivePolicy): number {
  return allowEmpty ? minSize : Math.max(minSize, 1)
}

async function diskOf(directory: string): Promise<SummaryRow['disk']> {
  try {
    const { bsize, blocks, bavail } = await statfs(directory)
    return { size: bsize * blocks, free: bsize * bavail }
  } catch (error) {
    throw translateSystemError(error) ?? error
  }
}

/** What of a summary a person would notice, so that the same is not published again and again. */
function substanceOf({ madeAt: _, disk, lately, cache, ...rest }: SummaryRow): string {
  const share = (part: number, whole: number) => Math.round((100 * part) / Math.max(1, whole))
  const done: Tally[] = [lately.archived, lately.released]
  return JSON.stringify([rest, share(disk.free, disk.size), done, cache && share(cache.bytes, cache.limit)])
}

/** Heartbeats between two summaries: where something has changed, and where only time has passed. */
const BEATS = { changed: 10, unchanged: 60 }

/** Publishes summaries, no more often than there is something to say. */
export interface Publisher {
  /** Something has happened in the volume. */
  changed(): void
  /** Somebody waits for the next one. */
  hurry(): void
  publish(
    place: Pick<Workplace, 'volume' | 'inventory'>,
    lease: LeaseRow,
    policy: ArchivePolicy,
    now: number,
  ): Promise<void>
}

export function createPublisher(
  fleet: FleetIndex,
  cacheFill: CacheFill,
  heartbeat: number,
  { monotonic }: Clocks,
): Publisher {
  let wanted: keyof typeof BEATS | 'at once' = 'at once'
  let looked = Number.NEGATIVE_INFINITY
  let told = ''

  return {
    changed() {
      if (wanted === 'unchanged') wanted = 'changed'
    },
    hurry() {
      wanted = 'at once'
    },
    async publish(place, lease, policy, now) {
      const wait = wanted === 'at once' ? 0 : BEATS[wanted] * heartbeat
      if (monotonic() - looked < wait) return
      const summary = await makeSummary(place, lease, policy, cacheFill, now)
      const substance = substanceOf(summary)
      if (substance !== told && (await fleet.writeSummary(summary))) told = substance
      looked = monotonic()
      wanted = 'unchanged'
    },
  }
}
