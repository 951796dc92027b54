import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createKeeper, type Keeper } from '../../client/agent/keeper/keeper.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { makeRef, type Ref } from '../../core/model/ref.ts'
import type { DatabasePolicy, SchedulePolicy } from '../../core/model/schedule-policy.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { runSchedule } from '../../core/schedule-run.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryFleet } from '../memory/memory-fleet.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { plantBlob, plantVolume, scratch } from './setting.ts'

export const BEAT = 60_000
export const HOUR = 60 * BEAT
export const DAY = 24 * HOUR

export const POLICY: DatabasePolicy = {
  archive: { minAge: DAY, minSize: 10, quiet: 0, allowEmpty: false },
  release: { delay: 7 * DAY, replicated: false },
  schedule: { timeZone: 'UTC' },
}

/** A host: a clock of its own, which may be wrong, and what its agent told. */
export interface Host {
  name: string
  /** Milliseconds that its clock is ahead. */
  ahead: number
  keeper: Keeper
  troubles: NiceBlobsError[]
  restart(): void
  /** One heartbeat, and all that there is to do then. */
  live(): Promise<void>
}

/** A fleet on real files and a simulated clock, everything else in memory; nothing happens unless a test says so. */
export function createFleetSetting(test: TestContext) {
  const base = scratch(test)
  const volume = plantVolume(join(base, 'blobs'))
  const time = { now: Date.now(), passed: 0 }
  const bucket = createMemoryBucket({ now: () => time.now })
  const index = createMemoryIndex()
  const fleet = createMemoryFleet()
  const policy: SchedulePolicy = {
    ...{ formatVersion: 1, dryRun: false, every: HOUR, silentAfter: HOUR, leastFree: 0.000001 },
    databases: { main: POLICY },
  }

  function addHost(name: string, directory = volume.directory): Host {
    const troubles: NiceBlobsError[] = []
    let life = 0
    const start = () =>
      createKeeper({
        ...{
          database: 'main',
          volume: 'blobs',
          directory,
          fleet,
          bucket,
          index,
          host: name,
          policy: POLICY.archive,
        },
        inventoryFile: join(base, `${name}.sqlite`),
        holder: `${name} ${++life}`,
        heartbeat: BEAT,
        clocks: { now: () => time.now + host.ahead, monotonic: () => time.passed },
        cacheFill: () => undefined,
        did: () => {},
        tell: trouble => troubles.push(trouble),
      })
    const host: Host = {
      name,
      ahead: 0,
      troubles,
      keeper: undefined as unknown as Keeper,
      restart() {
        host.keeper = start()
      },
      async live() {
        await host.keeper.beat()
        while (await host.keeper.work());
        // The next one tells how it went.
        await host.keeper.beat()
      },
    }
    host.restart()
    test.after(() => host.keeper.end())
    return host
  }

  return {
    base,
    volume,
    bucket,
    index,
    fleet,
    policy,
    time,
    addHost,
    pass(duration: number) {
      time.now += duration
      time.passed += duration
    },
    /** A blob committed so long ago. */
    commit(number: number, size: number, ago = 30 * DAY, byte = number): Ref {
      const ref = makeRef(number.toString(16).padStart(16, '0'), timeToTid(time.now - ago))
      plantBlob(volume, ref, Buffer.alloc(size, byte))
      return ref
    },
    schedule: (run = time.now) =>
      runSchedule(fleet, policy, { run, dryRun: false, patience: 150_000, now: () => time.now }),
    archivedRefs: () => [...index.rows.values()].map(({ oid, tid }) => `${oid}/${tid}`),
  }
}
