import { type ArchivePolicy, count, judge, type Keeping, type Tally } from './model/archive-policy.ts'
import {
  byAge,
  bySize,
  type Cost,
  estimateCost,
  isTiered,
  type Prices,
  type Threshold,
} from './model/storage-cost.ts'
import { createHistogram, growth, type VolumeHistogram } from './model/volume-histogram.ts'
import { scanVolume } from './volume/scan.ts'
import { blobsOf } from './volume/scan-batch.ts'
import type { Volume } from './volume/volume.ts'

const STRANGERS_SHOWN = 10

/** What `plan` tells of a directory; everything the page and the terminal show comes from here. */
export interface PlanReport {
  directory: string
  layout: string
  /** Milliseconds since 1970. */
  time: number
  policy: ArchivePolicy
  prices: Prices
  total: Tally
  /** What this policy would archive, counted blob by blob. */
  leaves: Tally
  kept: Partial<Record<Keeping, Tally>>
  cost: Cost
  byAge: Threshold[]
  bySize: Threshold[]
  growth: ReturnType<typeof growth>
  /** `unreadable` of them may hide blobs that are not counted. */
  strangers: { count: number; unreadable: number; some: string[] }
}

/** One pass over the volume; memory does not grow with it. */
export async function reportPlan(
  volume: Volume,
  policy: ArchivePolicy,
  prices: Prices,
  now: number,
): Promise<PlanReport> {
  const histogram = createHistogram(now)
  const leaves: Tally = { blobs: 0, bytes: 0 }
  const tiered: Tally = { blobs: 0, bytes: 0 }
  const kept: PlanReport['kept'] = {}
  const strangers: PlanReport['strangers'] = { count: 0, unreadable: 0, some: [] }
  for await (const batch of scanVolume(volume)) {
    for (const file of blobsOf(batch)) {
      histogram.add(file)
      const reason = judge(file, policy, now)
      if (reason !== 'due') count(kept, reason, file.size)
      else for (const tally of isTiered(file.size) ? [leaves, tiered] : [leaves]) addTo(tally, file.size)
    }
    strangers.count += batch.strangers.length
    strangers.unreadable += batch.strangers.filter(({ what }) => what === 'unreadable').length
    const room = STRANGERS_SHOWN - strangers.some.length
    strangers.some.push(...batch.strangers.slice(0, room).map(({ path, what }) => `${path} (${what})`))
  }
  const cost = estimateCost(leaves, tiered, prices)
  const known = { directory: volume.directory, layout: volume.layout.name, time: now, policy, prices }
  return { ...known, leaves, kept, cost, strangers, ...describe(histogram.finish(), prices) }
}

function describe(histogram: VolumeHistogram, prices: Prices) {
  return {
    total: histogram.total,
    byAge: byAge(histogram, prices),
    bySize: bySize(histogram, prices),
    growth: growth(histogram),
  }
}

function addTo(tally: Tally, bytes: number): void {
  tally.blobs += 1
  tally.bytes += bytes
}
