import { z } from 'zod'
import type { Tally } from './archive-policy.ts'
import { AGE_EDGES, atLeast, SIZE_EDGES, type VolumeHistogram } from './volume-histogram.ts'

const GIGABYTE = 1e9
const price = z.number().nonnegative()

/** US dollars. `--prices FILE` replaces any of them; the names are those of docs/cost.md. */
export const pricesSchema = z.strictObject({
  source: z.string(),
  /** The day somebody last compared the table with the source. */
  asOf: z.iso.date(),
  /** Per GB and month. */
  standard: price,
  frequent: price,
  infrequent: price,
  archiveInstant: price,
  disk: price,
  indexStorage: price,
  /** Per 1,000 objects and month, from 128 KiB on. */
  monitoring: price,
  /** Per 1,000 requests. */
  put: price,
  /** Per 1,000 row writes. */
  indexWrite: price,
})

export type Prices = Readonly<z.infer<typeof pricesSchema>>

/** us-east-1. The only table of prices in the project. */
export const DEFAULT_PRICES: Prices = {
  source: 'AWS list prices for us-east-1, from memory; compare before you rely on them',
  asOf: '2026-11-22',
  standard: 0.023,
  frequent: 0.023,
  infrequent: 0.0125,
  archiveInstant: 0.004,
  disk: 0.08,
  indexStorage: 0.25,
  monitoring: 0.0025,
  put: 0.005,
  indexWrite: 0.000625,
}

/** Below this Intelligent-Tiering neither moves nor charges an object (docs/cost.md). */
const SMALLEST_TIERED = 128 * 1024
const BYTES_PER_ROW = 300

export interface Cost {
  /** In the first month, before Intelligent-Tiering has seen which blobs nobody reads. */
  firstMonth: number
  /** After 90 days without a reader. */
  onceCold: number
  /** Requests and index writes of the move itself. */
  once: number
  /** What the same bytes cost on a disk, per month and copy. */
  onDisk: number
}

/** The bucket's and the index's bill for what leaves; one copy, no replica, no reads. Dollars. */
export function estimateCost(leaving: Tally, tiered: Tally, prices: Prices): Cost {
  const gigabytes = leaving.bytes / GIGABYTE
  const tieredGigabytes = tiered.bytes / GIGABYTE
  const standing =
    (gigabytes - tieredGigabytes) * prices.standard +
    (tiered.blobs / 1000) * prices.monitoring +
    ((leaving.blobs * BYTES_PER_ROW) / GIGABYTE) * prices.indexStorage
  return {
    firstMonth: standing + tieredGigabytes * prices.frequent,
    onceCold: standing + tieredGigabytes * prices.archiveInstant,
    once: (leaving.blobs / 1000) * (prices.put + prices.indexWrite),
    onDisk: gigabytes * prices.disk,
  }
}

/** Whether a blob of so many bytes is one that Intelligent-Tiering looks after. */
export function isTiered(bytes: number): boolean {
  return bytes >= SMALLEST_TIERED
}

export interface Threshold {
  /** Days or bytes, an edge of the histogram. */
  threshold: number
  leaves: Tally
  stays: Tally
  cost: Cost
}

/** What each age would move, whatever the size. */
export function byAge(histogram: VolumeHistogram, prices: Prices): Threshold[] {
  return AGE_EDGES.map(days => thresholdAt(histogram, days, days, 0, prices))
}

/** What each size would move, whatever the age. */
export function bySize(histogram: VolumeHistogram, prices: Prices): Threshold[] {
  return SIZE_EDGES.map(bytes => thresholdAt(histogram, bytes, 0, bytes, prices))
}

function thresholdAt(
  histogram: VolumeHistogram,
  threshold: number,
  days: number,
  bytes: number,
  prices: Prices,
): Threshold {
  const leaves = atLeast(histogram, days, bytes)
  const tiered = atLeast(histogram, days, Math.max(bytes, SMALLEST_TIERED))
  const stays = { blobs: histogram.total.blobs - leaves.blobs, bytes: histogram.total.bytes - leaves.bytes }
  return { threshold, leaves, stays, cost: estimateCost(leaves, tiered, prices) }
}
