import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobKey } from '../../../core/model/key.ts'
import type { SchedulePolicy } from '../../../core/model/schedule-policy.ts'
import type { StoredBlob } from '../../../core/ports.ts'
import type { Volume } from '../../../core/volume/volume.ts'
import { plantVolume } from '../../flows/setting.ts'
import { createMemoryBucket, type MemoryBucket } from '../../memory/memory-bucket.ts'
import { createMemoryFleet, type MemoryFleet } from '../../memory/memory-fleet.ts'
import { createMemoryIndex } from '../../memory/memory-index.ts'
import type { Agent } from './agent.ts'
import {
  type Blob,
  createOracle,
  databaseOf,
  HOUR,
  type HostName,
  type Oracle,
  POLICIES,
  START,
  VOLUME_NAMES,
  type VolumeName,
} from './oracle.ts'
import { portsOf, type Weather } from './ports.ts'
import { createWitness, type Witness } from './witness.ts'

/** The real thing: volumes on a disk, hosts with clocks of their own, and between them bucket, index and fleet in memory. */
export interface World {
  readonly base: string
  readonly oracle: Oracle
  /** The true time, and what has passed of it. */
  readonly time: { now: number; passed: number }
  /** Milliseconds that a host's clock is ahead. */
  readonly ahead: Partial<Record<HostName, number>>
  readonly volumes: Record<VolumeName, Volume>
  readonly bucket: MemoryBucket
  readonly index: ReturnType<typeof createMemoryIndex>
  readonly fleet: MemoryFleet
  /** The three as processes have them. */
  readonly ports: ReturnType<typeof portsOf>
  readonly policy: { -readonly [K in keyof SchedulePolicy]: SchedulePolicy[K] }
  readonly witness: Witness
  /** All that have ever lived; the last of a host is the one that lives now, if any. */
  readonly agents: Agent[]
  weather: Weather | undefined
  /** How far all objects are replicated. */
  replication: StoredBlob['replication']
  /** What must not be, as soon as it is seen; the next look throws it. */
  readonly alarms: string[]
  alarm(what: string): void
  blobOf(key: string): Blob | undefined
  pass(duration: number): void
  remove(): void
}

/** In memory, where there is such a disk. */
const DISK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export function createWorld(): World {
  const base = mkdtempSync(join(DISK, 'nice-blobs-fleet-'))
  const oracle = createOracle()
  const time = { now: START, passed: 0 }
  const alarms: string[] = []
  const world: Partial<World> = {
    ...{ base, oracle, time, alarms, ahead: {}, agents: [], weather: undefined, replication: undefined },
    volumes: Object.fromEntries(
      VOLUME_NAMES.map(name => [name, plantVolume(join(base, name))]),
    ) as World['volumes'],
    bucket: createMemoryBucket({ now: () => time.now }),
    index: createMemoryIndex(),
    fleet: createMemoryFleet(),
    policy: {
      ...{ formatVersion: 1, dryRun: false, every: HOUR, silentAfter: HOUR, leastFree: 0.000001 },
      databases: { main: POLICIES.usual, second: POLICIES.usual },
    },
    alarm: what => void alarms.push(what),
    blobOf: key => oracle.blobs.find(({ volume, ref }) => blobKey(databaseOf(volume), ref) === key),
    pass(duration) {
      time.now += duration
      time.passed += duration
    },
    remove: () => rmSync(base, { recursive: true }),
  }
  const whole = world as World
  return Object.assign(whole, { ports: portsOf(whole), witness: createWitness(whole) })
}
