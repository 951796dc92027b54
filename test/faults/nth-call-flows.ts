import { mkdirSync, rmSync, utimesSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createCache } from '../../client/read/cache/cache.ts'
import { keepReadLately } from '../../client/read/keep-near.ts'
import type { Adopt } from '../../core/adopt.ts'
import { type Archive, archiveBlob } from '../../core/archive.ts'
import { createCopiesThroughHost } from '../../core/copy-through-host.ts'
import { predecessorKey } from '../../core/model/predecessor-key.ts'
import { DAY } from '../../core/model/quantity.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { adoptAll, NAMING } from '../flows/adopt-setting.ts'
import { AT_ONCE, archiveVolume, EVERYTHING, plantVolume } from '../flows/setting.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { createMemoryPredecessor, type MemoryPredecessor } from '../memory/memory-predecessor.ts'
import type { Findings, Places } from './audit.ts'
import {
  type FailingBucket,
  failing,
  failingCopies,
  failingIndex,
  failingPredecessor,
} from './failpoints/ports.ts'
import { SMALL_CACHE } from './kill-site.ts'
import { type KnownBlob, plantAside, plantKnown } from './known-blobs.ts'
import { archiveAll, readAll, recallAll, type Site } from './steps.ts'

/** What is done while the nth call fails: each flow as its command does it, and what it leaves once it is complete. */

export interface World extends Places, Site {
  bucket: FailingBucket
  /** What a predecessor has filled. */
  predecessor: MemoryPredecessor
  /** How it is adopted, through this host. */
  adopt: Adopt
  volume: string
  copy: string
  blobs: readonly KnownBlob[]
}

export interface Flow {
  name: string
  prepare(world: World): Promise<void>
  /** Answers the errors of single blobs; throws what ends a command. */
  run(world: World): Promise<unknown[]>
  /** Programs get its errors as they are, without the command line's translation. */
  forPrograms?: true
  /** Of which places all blobs have to be there in the end, and of which none. */
  complete: Partial<Record<keyof Omit<Findings, 'wrong'>, 'all' | 'none'>>
}

export function createWorld(base: string, blobs: readonly KnownBlob[]): World {
  const memory = createMemoryBucket()
  memory.replicate('completed')
  const bucket = failing(memory)
  const index = failingIndex(createMemoryIndex())
  const archive: Archive = { database: 'main', bucket, index, now: Date.now }
  const predecessor = createMemoryPredecessor()
  const seen = failingPredecessor(predecessor, bucket.unfinished)
  const copies = failingCopies(createCopiesThroughHost(seen, bucket))
  const adopt = { ...archive, predecessor: seen, copies }
  const [volume, copy, cache] = [join(base, 'blobs'), join(base, 'copy'), join(base, 'cache')]
  return {
    database: 'main',
    bucket,
    index,
    archive,
    volume,
    copy,
    cache,
    copies: [copy, cache],
    blobs,
    predecessor,
    adopt,
  }
}

export const FLOWS: readonly Flow[] = [
  {
    name: 'archive',
    prepare: async world => plantKnown(plantVolume(world.volume), world.blobs),
    run: world => archiveAll(world, 1),
    complete: { volume: 'all', aside: 'none', objects: 'all', rows: 'all' },
  },
  {
    name: 'archive and release',
    prepare: async world => plantKnown(plantVolume(world.volume), world.blobs),
    run: world => archiveAll(world, 1, AT_ONCE),
    complete: { volume: 'none', aside: 'none', objects: 'all', rows: 'all' },
  },
  {
    name: 'release what is replicated, and keep near what was read lately',
    prepare: async world => {
      await fillBucket(world)
      plantReadLately(world)
    },
    run: releaseAndKeepNear,
    complete: { volume: 'none', aside: 'none', objects: 'all', rows: 'all' },
  },
  {
    name: 'archive after a release that was killed',
    prepare: leaveAside,
    run: world => archiveAll(world, 1),
    complete: { volume: 'all', aside: 'none', objects: 'all', rows: 'all' },
  },
  {
    name: 'adopt what a predecessor has too',
    prepare: async world => {
      plantKnown(plantVolume(world.volume), world.blobs)
      for (const { ref, content } of world.blobs)
        world.predecessor.objects.set(predecessorKey(NAMING, ref), content)
    },
    run: async world => (await adoptAll(world.adopt)).errors,
    complete: { volume: 'all', objects: 'all', rows: 'all' },
  },
  {
    name: 'recall into an empty volume',
    prepare: async world => {
      await fillBucket(world)
      mkdirSync(world.volume)
    },
    run: world => recallAll(world, world.volume, { jobs: 1, verify: false }),
    complete: { volume: 'all', objects: 'all', rows: 'all' },
  },
  {
    name: 'recall --verify --to a copy that has some',
    prepare: async world => {
      await fillBucket(world)
      plantKnown(plantVolume(world.copy), world.blobs.slice(0, 2))
    },
    run: async world => {
      await mkdir(world.copy, { recursive: true })
      return recallAll(world, world.copy, { jobs: 1, verify: true })
    },
    complete: { copies: 'all', objects: 'all', rows: 'all' },
  },
  {
    name: 'read every blob',
    prepare: fillBucket,
    run: world => readAll(world, []),
    forPrograms: true,
    complete: { copies: 'all', objects: 'all', rows: 'all' },
  },
  {
    name: 'read every blob through a cache that has to evict',
    prepare: fillBucket,
    run: world => readAll(world, [], SMALL_CACHE),
    forPrograms: true,
    complete: { objects: 'all', rows: 'all' },
  },
  {
    name: 'read every blob from the volume',
    prepare: async world => plantKnown(plantVolume(world.volume), world.blobs),
    run: world => readAll(world, [world.volume]),
    forPrograms: true,
    complete: { volume: 'all' },
  },
]

/** Everything archived and released. */
async function fillBucket({ archive, volume, blobs }: World): Promise<void> {
  const planted = plantVolume(volume)
  plantKnown(planted, blobs)
  for (const { ref } of blobs) await archiveBlob(archive, ref, planted.pathOf(ref))
  rmSync(volume, { recursive: true })
}

/** As an application does that reads every blob once a day. */
function plantReadLately({ volume: directory, blobs }: World): void {
  const volume = plantVolume(directory)
  plantKnown(volume, blobs)
  const now = Date.now()
  for (const { ref } of blobs) utimesSync(volume.pathOf(ref), new Date(now), new Date(now - DAY))
}

async function releaseAndKeepNear({ archive, volume, cache: directory }: World): Promise<unknown[]> {
  const troubles: unknown[] = []
  const cache = createCache({ directory, limit: 10 ** 9, inUse: 0 }, 'some-bucket', archive.database)
  try {
    const { errors } = await archiveVolume(archive, openVolume(volume), {
      policy: { ...EVERYTHING, allowEmpty: true },
      release: { ...AT_ONCE, replicated: true },
      keepNear: keepReadLately(cache, trouble => troubles.push(trouble)),
    })
    return [...errors, ...troubles]
  } finally {
    cache.close()
  }
}

/** One blob is aside only, another aside and in its place. */
async function leaveAside({ volume: directory, blobs }: World): Promise<void> {
  const volume = plantVolume(directory)
  plantKnown(volume, blobs)
  for (const blob of blobs.slice(0, 2)) plantAside(volume, blob)
  for (const { ref } of blobs.slice(0, 1)) rmSync(volume.pathOf(ref))
}
