import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { blobKey } from '../../../core/model/key.ts'
import { sha256 } from '../model/bytes.ts'
import type { Agent } from './agent.ts'
import { type Blob, databaseOf, HOUR, pinName, type VolumeName } from './oracle.ts'
import type { World } from './world.ts'

/** The bucket's times are whole seconds. */
const SECOND = 1000

const keyOf = ({ volume, ref }: Blob) => blobKey(databaseOf(volume), ref)

/** Its file's bytes; undefined where none has its name. */
export function fileOf({ volumes }: World, { volume, ref }: Blob): Buffer | undefined {
  return read(volumes[volume].pathOf(ref))
}

function asideOf({ volumes }: World, { volume, ref }: Blob): Buffer[] {
  const { asideDirectory } = volumes[volume]
  const own = namesIn(asideDirectory).filter(name => name.startsWith(`${ref.oid}-${ref.tid}.`))
  return own.flatMap(name => read(join(asideDirectory, name)) ?? [])
}

export function objectOf({ bucket }: World, blob: Blob): Buffer | undefined {
  return bucket.versions.get(keyOf(blob))?.at(-1)?.object?.content
}

const isWhole = (blob: Blob, content: Buffer | undefined) => content?.equals(blob.content) === true

/** A file has just been removed: what left the volume was to leave it (I1), by the true time. */
export function requireReleasable(world: World, agent: Agent): void {
  for (const blob of world.oracle.blobs) {
    if (!blob.inVolume || blob.volume !== agent.volume) continue
    if (fileOf(world, blob) || asideOf(world, blob).length > 0) continue
    blob.inVolume = false
    const by = `${agent.name} releases ${keyOf(blob)}`
    if (!isWhole(blob, objectOf(world, blob))) world.alarm(`${by}, whose object is not whole (I1)`)
    const since = world.time.now - (blob.stored ?? Number.POSITIVE_INFINITY)
    const copied = world.replication === 'completed'
    const allowed = agent.orders.some(
      ({ release }) => since >= release.delay - SECOND && (copied || !release.replicated),
    )
    if (!allowed) world.alarm(`${by}, which no order lets it (I1)`)
    if (world.oracle.packing.has(blob.volume)) world.alarm(`${by} while the volume packs (I1)`)
    const pinned = world.oracle.pins.get(pinName(blob))
    if (pinned !== undefined && world.time.now - pinned < HOUR) world.alarm(`${by}, which an undo needs (I1)`)
  }
}

/** After every command, and whenever somebody stands still in the middle of one. */
export function requireSound(world: World): void {
  for (const blob of world.oracle.blobs) requireBlob(world, blob)
  for (const [key, versions] of world.bucket.versions) {
    const blob = world.blobOf(key)
    assert.ok(blob, `${key} is an object of nobody (I9)`)
    if (!blob.harmed) assert.equal(versions.length, 1, `${key} was stored twice (I3)`)
  }
  for (const row of world.index.rows.values()) {
    const blob = world.blobOf(blobKey(row.database, row))
    assert.ok(blob, `the index knows ${row.oid} of ${row.database}, which there is not (I9)`)
    const agrees = row.sha256 === sha256(blob.content) && isWhole(blob, objectOf(world, blob))
    assert.ok(blob.harmed || agrees, `a row for ${keyOf(blob)} without its object (I3)`)
  }
  requireOwnRows(world)
  requireNoTrouble(world)
  assert.deepEqual(world.alarms, [])
}

function requireBlob(world: World, blob: Blob): void {
  const [file, aside, object] = [fileOf(world, blob), asideOf(world, blob), objectOf(world, blob)]
  for (const content of [file, ...aside])
    assert.ok(!content || isWhole(blob, content), `${keyOf(blob)} is torn in its volume (I2)`)
  const local = file !== undefined || aside.length > 0
  if (blob.owed && blob.inVolume && !local)
    world.alarm(`${keyOf(blob)} has left its volume, and nobody has seen how (I1)`)
  if (blob.harmed) {
    if (blob.owed) assert.ok(local || isWhole(blob, object), `${keyOf(blob)} is lost (I1)`)
  } else {
    if (object) assert.ok(isWhole(blob, object), `${keyOf(blob)} has changed in the bucket (I3)`)
    // What stands aside is archived: whoever reads finds it in the bucket.
    if (blob.owed) assert.ok(file || object, `nobody can read ${keyOf(blob)} (I1)`)
  }
}

/** Every row is written by its own: a lease by a host of its volume, nothing under another database (I9). */
function requireOwnRows({ fleet, agents }: World): void {
  for (const row of fleet.rows.values()) {
    const volume = `${row.database}/${row.volume}` as VolumeName
    if (!('holder' in row) || row.holder === undefined) continue
    assert.equal(agents.find(({ name }) => name === row.holder)?.volume, volume)
  }
}

/** Weather is told as weather; what nobody has harmed is in no conflict; nothing is unexpected. */
function requireNoTrouble({ agents, oracle }: World): void {
  const conflicts = oracle.blobs.some(({ harmed }) => harmed) ? ['BLOB_CONFLICT', 'BLOB_DAMAGED'] : []
  const expected = ['SERVER_UNREACHABLE', 'SERVER_BUSY', ...conflicts]
  for (const { name, troubles } of agents)
    for (const trouble of troubles.splice(0))
      assert.ok(expected.includes(trouble.code), inspect([name, trouble]))
}

function read(path: string): Buffer | undefined {
  return unlessAbsent(() => readFileSync(path))
}

const namesIn = (directory: string) => unlessAbsent(() => readdirSync(directory)) ?? []

function unlessAbsent<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
