import assert from 'node:assert/strict'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { blobKey } from '../../../core/model/key.ts'
import type { Volume } from '../../../core/volume/volume.ts'
import { nameOf, nameOfSha256 } from './bytes.ts'
import { type AllPlaces, type Bytes, each, NAMES, type Name, type Oracle, refOf, sizeOf } from './oracle.ts'
import { CACHE_LIMIT, FOREIGN, FOREIGN_FILE, FOREIGN_KEYS, type World } from './world.ts'

/** Where every blob is, read byte by byte. */
export function observe(world: World): AllPlaces {
  const asideNames = filesIn(world.volume.asideDirectory)
  const places = (name: Name) => {
    const ref = refOf(name)
    const object = world.bucket.versions.get(blobKey('main', ref))?.at(-1)?.object
    const row = world.index.rows.get(`main#${ref.oid}${ref.tid}`)
    return {
      volume: read(world.volume.pathOf(ref)),
      aside: asideNames
        .filter(aside => aside.startsWith(`${ref.oid}-${ref.tid}.`))
        .map(aside => read(join(world.volume.asideDirectory, aside)) as Bytes),
      copy: read(world.copy.pathOf(ref)),
      object: object && { stored: nameOfSha256(object.facts.sha256), bytes: nameOf(object.content) },
      row: row && { bytes: nameOfSha256(row.sha256) },
    }
  }
  return each(places)
}

/** Nothing is lost, nothing is wrong, nothing of others is touched; whatever was done or went wrong before. */
export function requireSound(oracle: Oracle, world: World, seen: AllPlaces): void {
  for (const name of NAMES) {
    const { volume, aside, object, row } = seen[name]
    for (const bytes of oracle.alive[name])
      assert.ok([volume, ...aside, object?.bytes].includes(bytes), `${name}: ${bytes} is lost`)
    if (row && !oracle.harmed.has(name))
      assert.ok(object?.bytes === row.bytes, `${name}: a row without its object (I3)`)
    if (object && object.stored === object.bytes) oracle.archived[name].add(object.bytes)
  }
  oracle.cached = cachedBlobs(oracle, world)
  for (const volume of [world.volume, world.copy]) requireForeign(world, volume)
  for (const key of FOREIGN_KEYS)
    assert.equal(world.bucket.versions.get(key)?.at(-1)?.object?.content.toString(), FOREIGN)
}

function cachedBlobs(oracle: Oracle, { cache, volume, crashed }: World): Oracle['cached'] {
  const root = join(cache, 'v1/some-bucket/main')
  const cached: Oracle['cached'] = {}
  for (const file of filesIn(root)) {
    const name = NAMES.find(name => file.endsWith(`/${refOf(name).oid}-${refOf(name).tid}.blob`))
    const path = join(root, file)
    if (name === undefined) assert.ok(crashed && file.endsWith('.tmp'), `${file} in the cache`)
    else if (lstatSync(path).isSymbolicLink()) assert.equal(readlinkSync(path), volume.pathOf(refOf(name)))
    else {
      const bytes = read(path) as Bytes
      assert.ok(oracle.archived[name].has(bytes), `${name}: ${bytes} in the cache (I2)`)
      cached[name] = bytes
    }
  }
  requireLimit(Object.values(cached).map(sizeOf))
  if (!crashed) assert.deepEqual(filesIn(join(cache, 'v1/.incoming')), [])
  return cached
}

/** What is larger than the cache may still be asked for by its path, one such blob at a time. */
function requireLimit(sizes: number[]): void {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const beyond = Math.max(0, ...sizes.filter(size => size > CACHE_LIMIT))
  assert.ok(total <= CACHE_LIMIT + beyond, `${total} bytes in a cache of ${CACHE_LIMIT} (I7)`)
}

function requireForeign({ crashed }: World, volume: Volume): void {
  const known = new Set(NAMES.map(name => relative(volume.directory, volume.pathOf(refOf(name)))))
  const others = filesIn(volume.directory).filter(
    file =>
      !known.has(file) &&
      !file.startsWith('.nice-blobs/releasing/') &&
      !file.startsWith('.nice-blobs/announced/') &&
      file !== '.removed',
  )
  const incoming = others.filter(file => file.startsWith('.nice-blobs/incoming/'))
  assert.ok(crashed || incoming.length === 0, `left behind: ${incoming}`)
  assert.deepEqual(others.filter(file => !incoming.includes(file)).sort(), ['.layout', FOREIGN_FILE])
  assert.equal(readFileSync(join(volume.directory, FOREIGN_FILE), 'utf8'), FOREIGN)
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter(entry => !entry.isDirectory())
      .map(entry => relative(directory, join(entry.parentPath, entry.name)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Undefined when nothing is there. */
function read(path: string): Bytes | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return undefined
  assert.ok(stats.isFile(), `${path} is no file`)
  return nameOf(readFileSync(path))
}
