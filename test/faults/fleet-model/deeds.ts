import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createBlobs } from '../../../client/read/blobs.ts'
import { createCache } from '../../../client/read/cache/cache.ts'
import { blobKey } from '../../../core/model/key.ts'
import { recallBlob } from '../../../core/recall.ts'
import { fileOf, objectOf } from './audit.ts'
import { type Command, command, hasBlobs, pick } from './command.ts'
import {
  AGES,
  type Age,
  type Blob,
  databaseOf,
  makeBlob,
  pinName,
  type Size,
  type VolumeName,
} from './oracle.ts'
import type { World } from './world.ts'

/** What applications and their databases do. Nothing of ours runs then, unless it is asked. */

export const commit = (volume: VolumeName, age: Age, size: Size): Command =>
  command(`commit('${volume}', '${age}', ${size})`, world => {
    const blob = makeBlob(world.oracle, volume, world.time.now - AGES[age], size)
    world.oracle.blobs.push(blob)
    const path = world.volumes[volume].pathOf(blob.ref)
    const temporary = join(world.base, 'tmp')
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, blob.content)
    renameSync(temporary, path)
  })

export const pack = (number: number): Command =>
  command(`pack(${number})`, world => packBlob(world, pick(world.oracle, number)), hasBlobs)

/** Whoever takes a blob from its volume does not care for its object either. */
export function packBlob({ volumes }: World, blob: Blob): void {
  rmSync(volumes[blob.volume].pathOf(blob.ref), { force: true })
  Object.assign(blob, { owed: false, inVolume: false })
}

export const packing = (volume: VolumeName, begins: boolean): Command =>
  command(`packing('${volume}', ${begins})`, world => setPacking(world, volume, begins))

export function setPacking({ oracle, volumes }: World, volume: VolumeName, begins: boolean): void {
  const sign = join(volumes[volume].directory, '.removed')
  if (begins) writeFileSync(sign, '')
  else rmSync(sign, { force: true })
  oracle.packing[begins ? 'add' : 'delete'](volume)
}

/** An undo needs all revisions of its object for an hour. */
export const pin = (number: number): Command =>
  command(
    `pin(${number})`,
    ({ oracle, volumes, time }) => {
      const blob = pick(oracle, number)
      const path = join(volumes[blob.volume].directory, '.nice-blobs/pinned', blob.ref.oid)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, '')
      utimesSync(path, time.now / 1000, time.now / 1000)
      oracle.pins.set(pinName(blob), time.now)
    },
    hasBlobs,
  )

export const recall = (number: number): Command =>
  command(`recall(${number})`, world => recallOne(world, pick(world.oracle, number)), hasBlobs)

export async function recallOne(world: World, blob: Blob): Promise<void> {
  const whole = objectOf(world, blob)?.equals(blob.content)
  if (!whole || fileOf(world, blob) || !blob.owed) return
  const origin = { database: databaseOf(blob.volume), bucket: world.bucket }
  await recallBlob(
    origin,
    world.volumes[blob.volume],
    { ref: blob.ref, size: blob.content.length },
    { verify: true },
  )
  blob.inVolume = true
}

/** By an application, as it reads. */
export const read = (number: number): Command =>
  command(`read(${number})`, world => readBlob(world, pick(world.oracle, number)), hasBlobs)

export async function readBlob(world: World, blob: Blob): Promise<void> {
  if (!blob.owed || blob.harmed) return
  const database = databaseOf(blob.volume)
  const cache = createCache({ directory: join(world.base, 'cache'), limit: 2000 }, 'some-bucket', database)
  const { bucket } = world
  const blobs = createBlobs({ database, volumes: [world.volumes[blob.volume]], cache, bucket })
  const stream = await blobs.stream(blob.ref)
  assert.deepEqual(Buffer.concat(await stream.toArray()), blob.content)
  blobs.close()
}

/** Other bytes under the same metadata are another version, as those of a bucket do not change. */
export const damage = (number: number): Command =>
  command(
    `damage(${number})`,
    world => {
      const blob = pick(world.oracle, number)
      const versions = world.bucket.versions.get(blobKey(databaseOf(blob.volume), blob.ref)) ?? []
      const object = versions.at(-1)?.object
      if (!object) return
      const content = Buffer.alloc(blob.content.length, 'x')
      const versionId = `damaged ${versions.length}`
      versions.push({ versionId, lastModified: world.time.now, object: { facts: object.facts, content } })
      harm(blob)
    },
    hasBlobs,
  )

export const mark = (number: number): Command =>
  command(
    `mark(${number})`,
    world => {
      const blob = pick(world.oracle, number)
      if (!objectOf(world, blob)) return
      world.bucket.mark(blobKey(databaseOf(blob.volume), blob.ref))
      harm(blob)
    },
    hasBlobs,
  )

/** Whatever is left of it is needed no more only if that was the last of it. */
function harm(blob: Blob): void {
  blob.harmed = true
  if (!blob.inVolume) blob.owed = false
}
