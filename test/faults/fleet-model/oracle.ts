import { DAY } from '../../../core/model/quantity.ts'
import { makeRef, type Ref } from '../../../core/model/ref.ts'
import type { DatabasePolicy } from '../../../core/model/schedule-policy.ts'
import { timeToTid } from '../../../core/model/tid.ts'

/** What there is and what must be true of it, told without any of the code that makes it so. Times are true ones, in milliseconds. */

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const BEAT = MINUTE
/** The next midnight, so that runs and allowed hours do not depend on the time of the day. */
export const START = Math.ceil(Date.now() / DAY) * DAY

/** Two hosts share the first one; the second is of the same database, the third of another one under the name of the first. */
export const VOLUMES = {
  'main/shared': ['web1', 'web2'],
  'main/own': ['web3'],
  'second/shared': ['web4'],
} as const
export type VolumeName = keyof typeof VOLUMES
export const VOLUME_NAMES = Object.keys(VOLUMES) as VolumeName[]
export type HostName = (typeof VOLUMES)[VolumeName][number]
export const HOST_NAMES = VOLUME_NAMES.flatMap(name => [...VOLUMES[name]]) as HostName[]
export const DATABASES = ['main', 'second'] as const
export type Database = (typeof DATABASES)[number]
export const databaseOf = (volume: VolumeName) => volume.split('/')[0] as Database

export const AGES = {
  old: 2000 * DAY,
  month: 40 * DAY,
  'nearly a day': DAY - 15 * MINUTE,
  young: 2 * HOUR,
  future: -DAY,
}
export type Age = keyof typeof AGES
export const SIZES = [5, 100, 150, 300, 900] as const
export type Size = (typeof SIZES)[number]

const base: DatabasePolicy = {
  archive: { minAge: DAY, minSize: 10, quiet: 0, allowEmpty: false },
  release: { delay: 7 * DAY, replicated: false },
  schedule: { timeZone: 'UTC' },
}
/** Every budget has room for the largest blob there is. */
export const POLICIES = {
  usual: base,
  tight: { ...base, schedule: { timeZone: 'UTC', bytesPerRun: 1000, blobsPerRun: 2 } },
  large: {
    ...base,
    archive: { ...base.archive, minAge: 30 * DAY, minSize: 200 },
    schedule: { timeZone: 'UTC', bytesPerRun: 1300 },
  },
  prompt: { ...base, archive: { ...base.archive, minAge: 0 }, release: { delay: HOUR, replicated: false } },
  replicated: { ...base, release: { delay: DAY, replicated: true } },
  nightly: { ...base, schedule: { timeZone: 'UTC', blobsPerRun: 3, hours: '22:00-06:00' } },
  none: { archive: base.archive, release: base.release },
} satisfies Record<string, DatabasePolicy>
export type PolicyName = keyof typeof POLICIES

export interface Blob {
  readonly volume: VolumeName
  readonly ref: Ref
  readonly written: number
  readonly content: Buffer
  /** Somebody may ask for it: nobody has packed it or destroyed its object. */
  owed: boolean
  /** Its object was damaged or marked on purpose. */
  harmed: boolean
  /** As last seen, under its name or aside. */
  inVolume: boolean
  /** When its object was stored. */
  stored?: number
}

export interface Oracle {
  readonly blobs: Blob[]
  readonly down: Set<HostName>
  readonly packing: Set<VolumeName>
  /** By volume and oid: when it was made. */
  readonly pins: Map<string, number>
  readonly policies: Record<Database, PolicyName>
}

export function createOracle(): Oracle {
  return {
    blobs: [],
    down: new Set(),
    packing: new Set(),
    pins: new Map(),
    policies: { main: 'usual', second: 'usual' },
  }
}

/** The blobs of one volume share five oids; those of two databases often have the same refs, and never the same bytes. */
export function makeBlob({ blobs }: Oracle, volume: VolumeName, written: number, size: Size): Blob {
  const number = blobs.filter(blob => blob.volume === volume).length
  const oid = (1 + (number % 5)) * (volume === 'main/own' ? 256 : 1)
  const ref = makeRef(oid.toString(16).padStart(16, '0'), timeToTid(written + number))
  const content = Buffer.alloc(size, 1 + (blobs.length % 255))
  return { volume, ref, written: written + number, content, owed: true, harmed: false, inVolume: true }
}

export const pinName = ({ volume, ref }: Pick<Blob, 'volume' | 'ref'>): string => `${volume} ${ref.oid}`
