import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { archiveBlob } from '../../core/archive.ts'
import type { Volume } from '../../core/volume/volume.ts'
import { plantVolume, refNumber } from '../flows/setting.ts'
import type { Places } from './audit.ts'
import type { Lane } from './kill-lane.ts'
import type { Round } from './kill-plan.ts'
import type { Order } from './kill-site.ts'
import { type KnownBlob, plantAside, plantKnown } from './known-blobs.ts'
import type { Site } from './steps.ts'

/** What a round begins with, and where to look when it was killed. */
export interface Scene {
  directory: string
  order: Order
  site: Site
  places: Places
  configFile: string
}

const NOTE = 'not ours'
const TWO_DAYS = 2 * 86_400

let scenes = 0

export async function setScene(lane: Lane, round: Round, blobs: readonly KnownBlob[]): Promise<Scene> {
  const directory = mkdtempSync(join(lane.directory, 'round-'))
  const [volume, cache] = [join(directory, 'blobs'), join(directory, 'cache')]
  mkdirSync(cache)
  scenes += 1
  const archived = blobs.filter((_, i) => round.starts[i] !== 'volume')
  const order = {
    ...{ outside: lane.outside, database: `round-${scenes}`, volume, cache, groups: round.groups },
    ...{ blobs: blobs.map(withoutContent), archived: archived.map(withoutContent) },
  }
  const { bucket, index } = lane
  const site = { ...order, archive: { database: order.database, bucket, index, now: Date.now } }
  await placeBlobs(site, plantVolume(volume), round, blobs)
  return { directory, order, site, places: placesOf(site), configFile: writeConfig(directory, order) }
}

const withoutContent = ({ ref, sha256 }: KnownBlob) => ({ ref, sha256 })

async function placeBlobs(site: Site, volume: Volume, { starts }: Round, blobs: readonly KnownBlob[]) {
  plantKnown(volume, blobs)
  for (const [i, blob] of blobs.entries()) {
    const start = starts[i] ?? 'volume'
    if (start === 'volume') continue
    const path = volume.pathOf(blob.ref)
    await archiveBlob(site.archive, blob.ref, path)
    if (start.includes('aside')) plantAside(volume, blob)
    if (!start.includes('volume')) rmSync(path)
  }
  plantLitter(volume)
}

/** What a recall and a release find of earlier days, and a file that is none of ours. */
function plantLitter({ directory, incomingDirectory, pathOf }: Volume): void {
  writeFileSync(join(directory, 'notes.txt'), NOTE)
  mkdirSync(incomingDirectory, { recursive: true })
  const stale = join(incomingDirectory, 'stale.tmp')
  writeFileSync(stale, 'half a blob')
  const emptyLeaf = dirname(pathOf(refNumber(0xeeee)))
  mkdirSync(emptyLeaf, { recursive: true })
  for (const path of [stale, emptyLeaf]) makeOld(path)
}

export function makeOld(path: string): void {
  const then = Date.now() / 1000 - TWO_DAYS
  utimesSync(path, then, then)
}

/** What in the volume is neither a blob nor on its way: only what it had in the beginning, as it was. */
export function isUntouched({ order }: Scene, others: readonly string[]): boolean {
  const note = readFileSync(join(order.volume, 'notes.txt'), 'utf8')
  return note === NOTE && [...others].sort().join() === '.layout,notes.txt'
}

/** The index is asked for the rows of the blobs only: listing takes a request for each of its 64 partitions. */
function placesOf({ archive, volume, cache, blobs }: Site): Places {
  const { database, bucket, index } = archive
  const refs = blobs.map(({ ref }) => ref)
  async function* list() {
    for (const row of await index.find(database, refs)) if (row) yield row
  }
  return { database, bucket, index: { ...index, list }, volume, copies: [cache] }
}

function writeConfig(directory: string, { outside, database, volume, cache }: Order): string {
  const { bucket: name, region, bucketEndpoint, table, indexEndpoint } = outside
  const file = join(directory, 'nice-blobs.config.json')
  const config = {
    bucket: { name, region, endpoint: bucketEndpoint, pathStyle: true },
    index: { table, endpoint: indexEndpoint },
    cache: { directory: cache },
    databases: { [database]: { volumes: { blobs: volume }, archive: { quiet: '0s', allowEmpty: true } } },
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}
