import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Blobs, createBlobs } from '../../../client/read/blobs.ts'
import { createCache } from '../../../client/read/cache/cache.ts'
import type { Archive } from '../../../core/archive.ts'
import { openVolume, type Volume } from '../../../core/volume/volume.ts'
import { createMemoryBucket, type MemoryBucket } from '../../memory/memory-bucket.ts'
import { createMemoryIndex } from '../../memory/memory-index.ts'
import { sha256 } from './bytes.ts'
import { bucketInSteps, indexInSteps } from './interruption.ts'
import { type Clock, type Name, timeOf } from './oracle.ts'

/** The real thing: files in a scratch directory, bucket and index in memory, and whoever does harm to them. */
export interface World {
  readonly bucket: MemoryBucket
  readonly index: ReturnType<typeof createMemoryIndex>
  /** What the steps are given: the two above, which can be interrupted. */
  readonly archive: Archive
  volume: Volume
  copy: Volume
  readonly cache: string
  blobs: Blobs
  clock: Clock
  /** Troubles with the cache that a read has got around. */
  troubles: unknown[]
  /** The path that was first given for a ref. */
  readonly remembered: Map<Name, string>
  /** A process that died leaves what it had not finished. */
  crashed: boolean
  reboot(): void
  /** Keeps the disk as it is at this moment. */
  die(): void
  /** Goes on with that, whatever came later. */
  rise(): void
  remove(): void
}

/** In memory, where there is such a disk: a run syncs a hundred files. */
const DISK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Room for three blobs of the usual size. */
export const CACHE_LIMIT = 1000
export const FOREIGN = 'of somebody else'
export const FOREIGN_FILE = '0x63/notes.txt'
export const FOREIGN_KEYS = ['blobs/main/notes.txt', 'blobs/other/0000000000000001/03d167f919308700']

export async function createWorld(): Promise<World> {
  const base = mkdtempSync(join(DISK, 'nice-blobs-model-'))
  const live = join(base, 'live')
  const died = join(base, 'died')
  const bucket = createMemoryBucket()
  const index = createMemoryIndex()
  for (const key of FOREIGN_KEYS) await putForeign(bucket, key)
  for (const name of ['volume', 'copy']) plantLawn(join(live, name))

  const archive: Archive = {
    database: 'main',
    bucket: bucketInSteps(bucket),
    index: indexInSteps(index),
    now: () => timeOf(world.clock),
  }
  const cache = join(live, 'cache')
  const start = () => {
    const volume = openVolume(join(live, 'volume'))
    const blobs = createBlobs({
      database: archive.database,
      volumes: [volume],
      cache: createCache({ directory: cache, limit: CACHE_LIMIT, inUse: 0 }, 'some-bucket', archive.database),
      bucket: archive.bucket,
      tell: trouble => world.troubles.push(trouble),
    })
    return { volume, copy: openVolume(join(live, 'copy')), blobs }
  }

  const world: World = {
    bucket,
    index,
    archive,
    cache,
    clock: 'right',
    troubles: [],
    remembered: new Map(),
    crashed: false,
    ...start(),
    reboot: () => void Object.assign(world, start()),
    die: () => cpSync(live, died, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true }),
    rise() {
      rmSync(live, { recursive: true })
      renameSync(died, live)
      world.crashed = true
      world.reboot()
    },
    remove: () => rmSync(base, { recursive: true }),
  }
  return world
}

function plantLawn(directory: string): void {
  mkdirSync(dirname(join(directory, FOREIGN_FILE)), { recursive: true })
  writeFileSync(join(directory, '.layout'), 'lawn')
  writeFileSync(join(directory, FOREIGN_FILE), FOREIGN)
}

async function putForeign(bucket: MemoryBucket, key: string): Promise<void> {
  const content = Buffer.from(FOREIGN)
  const facts = { size: content.length, sha256: sha256(content), contentType: 'text/plain' }
  await bucket.put(key, facts, { open: () => content })
}
