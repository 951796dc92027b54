import assert from 'node:assert/strict'
import { blobKey } from '../../../core/model/key.ts'
import { DAY } from '../../../core/model/quantity.ts'
import { objectOf, requireSound } from './audit.ts'
import { readBlob, setPacking } from './deeds.ts'
import { agentOf, live } from './host.ts'
import { type Blob, DATABASES, databaseOf, HOST_NAMES, HOUR, VOLUME_NAMES } from './oracle.ts'
import { invoke, runOf } from './schedules.ts'
import type { World } from './world.ts'

const MOST_ROUNDS = 24

/** Everything works again: in the end all that is due is archived and released, and every blob can be read. */
export async function finish(world: World): Promise<void> {
  world.weather = undefined
  for (const host of HOST_NAMES) world.ahead[host] = 0
  for (const volume of VOLUME_NAMES) setPacking(world, volume, false)
  world.bucket.replicate('completed')
  world.replication = 'completed'
  for (const database of DATABASES) {
    const { schedule, ...policy } = world.policy.databases[database] ?? assert.fail(database)
    const { hours: _, ...always } = schedule ?? { timeZone: 'UTC' }
    world.policy.databases = { ...world.policy.databases, [database]: { ...policy, schedule: always } }
  }
  world.pass(31 * DAY)
  await goOn(world, blob => !isDue(world, blob) || objectOf(world, blob) !== undefined)
  world.pass(8 * DAY)
  await goOn(world, blob => !blob.inVolume || !(isDue(world, blob) || hasRow(world, blob)))
  for (const blob of world.oracle.blobs) await readBlob(world, blob)
}

async function goOn(world: World, isDone: (blob: Blob) => boolean): Promise<void> {
  const left = () => world.oracle.blobs.filter(blob => blob.owed && !blob.harmed && !isDone(blob))
  for (let rounds = 0; rounds < MOST_ROUNDS && (rounds === 0 || left().length > 0); rounds += 1) {
    world.pass(HOUR)
    await allLive(world)
    assert.ok(['planned', 'ended before'].includes(await invoke(world, runOf(world))))
    await allLive(world)
  }
  const names = left().map(({ volume, ref, inVolume }) => `${volume} ${ref.oid}/${ref.tid} ${inVolume}`)
  assert.deepEqual(names, [], 'is left in the end')
}

async function allLive(world: World): Promise<void> {
  for (const host of HOST_NAMES) await live(world, agentOf(world, host))
  requireSound(world)
}

function isDue({ policy, time }: World, { volume, written, content }: Blob): boolean {
  const { minAge = 0, minSize = 0 } = policy.databases[databaseOf(volume)]?.archive ?? {}
  return time.now - written >= minAge && content.length >= minSize
}

/** Whatever policy it was archived by. */
function hasRow({ index }: World, { volume, ref }: Blob): boolean {
  const key = blobKey(databaseOf(volume), ref)
  return [...index.rows.values()].some(row => blobKey(row.database, row) === key)
}
