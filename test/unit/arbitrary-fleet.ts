import fc from 'fast-check'
import type { RunTimes } from '../../core/model/schedule-plan.ts'
import type { DatabasePolicy } from '../../core/model/schedule-policy.ts'
import type { LeaseRow, OrderRow, VolumeRows } from '../../core/model/volume-row.ts'
import { anyFiles, DAY, NOW, summarize } from './arbitrary-summary.ts'

/** Fleets as the schedule may find them. */

const HOUR = 3_600_000
export const TIMES: RunTimes = {
  run: NOW - 1_000,
  now: NOW,
  every: HOUR,
  silentAfter: HOUR,
  leastFree: 0.1,
}

export function leaseOf(volume: string, more: Partial<LeaseRow> = {}): LeaseRow {
  const common = { formatVersion: 1, database: 'main', volume, revision: 3, term: 1 } as const
  const times = { heartbeatAt: NOW - 30_000, heartbeat: 60_000, workedAt: more.heartbeatAt ?? NOW - 30_000 }
  return { ...common, holder: 'a', host: 'web1', identity: volume, ...times, ...more }
}

const anyLimit = fc.option(fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 10_000_000 })), { nil: undefined })

export const anyPolicy: fc.Arbitrary<DatabasePolicy> = fc.record({
  archive: fc.record({
    minAge: fc.constantFrom(0, DAY, 30 * DAY, 45 * DAY),
    minSize: fc.constantFrom(0, 1024, 128 * 1024, 100_000),
    quiet: fc.constantFrom(0, 900_000),
    allowEmpty: fc.boolean(),
  }),
  release: fc.record({ delay: fc.constantFrom(HOUR, 7 * DAY), replicated: fc.boolean() }),
  schedule: fc.option(
    fc.record({ blobsPerRun: anyLimit, bytesPerRun: anyLimit }).map(limits => ({
      ...limits,
      blobsPerRun: limits.blobsPerRun && limits.blobsPerRun + 1,
      timeZone: 'UTC',
    })),
    { nil: undefined, freq: 10 },
  ),
})

const anyOrder = (volume: string): fc.Arbitrary<OrderRow | undefined> =>
  fc.option(
    fc
      .record({ before: fc.nat({ max: 5 }), blobs: fc.nat({ max: 20 }), bytes: fc.nat({ max: 1_000_000 }) })
      .map(({ before, ...budget }) => ({
        ...{ formatVersion: 1 as const, database: 'main', volume, budget, validFor: 2 * HOUR },
        run: TIMES.run - before * HOUR,
        issuedAt: NOW - before * HOUR,
        archive: { minAge: 0, minSize: 0, quiet: 0, allowEmpty: false },
        release: { delay: HOUR, replicated: false },
      })),
    { nil: undefined },
  )

const anyVolume = (volume: string): fc.Arbitrary<VolumeRows> =>
  fc
    .record({
      quiet: fc.constantFrom(0, 0, 0, 0, 2 * HOUR, 40 * DAY, -DAY),
      absent: fc.constantFrom('nothing', 'nothing', 'nothing', 'nothing', 'lease', 'summary'),
      files: anyFiles,
      archived: fc.record({ blobs: fc.nat({ max: 3 }), bytes: fc.nat({ max: 1000 }) }),
      order: anyOrder(volume),
    })
    .map(({ quiet, absent, files, archived, order }) => ({
      volume,
      order,
      ...(absent !== 'lease' && { lease: leaseOf(volume, { heartbeatAt: NOW - quiet }) }),
      ...(absent !== 'summary' && { summary: { ...summarize(files), volume, archived } }),
    }))

export const anyFleet: fc.Arbitrary<VolumeRows[]> = fc
  .nat({ max: 6 })
  .chain(size => fc.tuple(...Array.from({ length: size }, (_, i) => anyVolume(`v${i}`))))
