import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { recoverVolume, runArchive, type VolumePlan } from '../../../core/archive-run.ts'
import { type ArchivePolicy, createArchivePlan } from '../../../core/model/archive-policy.ts'
import { NiceBlobsError } from '../../../core/model/errors.ts'
import { DAY } from '../../../core/model/quantity.ts'
import type { Ref } from '../../../core/model/ref.ts'
import { listBlobs, type Recallable, runRecall } from '../../../core/recall-run.ts'
import type { RunEvents } from '../../../core/run.ts'
import { blobsOf, createBatch } from '../../../core/volume/scan-batch.ts'
import { walk } from '../../../core/volume/walk.ts'
import { silent } from '../../flows/setting.ts'
import { nameOf } from './bytes.ts'
import { NAMES, type Name, type Oracle, refOf } from './oracle.ts'
import {
  type ArchiveOptions,
  type PolicyOptions,
  predictArchive,
  predictPlan,
  predictRead,
  predictRecall,
  type ReadBy,
  type RecallOptions,
  type Told,
} from './predict.ts'
import { FOREIGN_FILE, type World } from './world.ts'

/** What is under test: what it is expected to tell and to do, and the doing. What ends it is thrown. */
export interface Operation {
  readonly text: string
  predict(oracle: Oracle): Told
  /** Tells into `told`, so that it is known even of what is interrupted. */
  perform(world: World, told: Told): Promise<void>
}

export function archiving(options: ArchiveOptions): Operation {
  return {
    text: `archive(${print(options)})`,
    predict: oracle => predictArchive(oracle, options),
    async perform({ archive, volume }, told) {
      const events = tellInto(told)
      await recoverVolume(volume, events.failed)
      const plan = planHere({ archive, volume }, policyOf(options))
      const { jobs, delay } = options
      const release = delay === undefined ? {} : { release: { delay: delay * DAY } }
      await runArchive(archive, volume, plan, { jobs, ...release }, events)
    },
  }
}

export function planning(options: PolicyOptions): Operation {
  return {
    text: `plan(${print(options)})`,
    predict: oracle => predictPlan(oracle, options),
    async perform(world, told) {
      const plan = planHere(world, policyOf(options))
      for (const [i, { ref }] of plan.due.entries()) told.outcomes.push(`${i + 1}. ${nameOfRef(ref)}`)
      for (const [reason, tally] of Object.entries(plan.kept)) told.outcomes.push(`${reason}: ${tally.blobs}`)
      assert.deepEqual(plan.strangers, [{ path: FOREIGN_FILE, what: 'foreign' }])
    },
  }
}

export function recalling(options: RecallOptions): Operation {
  return {
    text: `recall(${print(options)})`,
    predict: oracle => predictRecall(oracle, options),
    async perform(world, told) {
      const events = tellInto(told)
      const blobs = only(options.only ?? NAMES, listBlobs(world.archive, events.failed))
      await runRecall(world.archive, world[options.to], blobs, options, events)
    },
  }
}

export function reading(name: Name, by: ReadBy): Operation {
  return {
    text: `read('${name}', '${by}')`,
    predict: oracle => predictRead(oracle, name, by),
    async perform(world, told) {
      try {
        told.outcomes.push(await readOnce(world, name, by))
      } catch (error) {
        if (!(error instanceof NiceBlobsError)) throw error
        told.errors.push(error.code)
      }
    },
  }
}

async function readOnce({ blobs, remembered, troubles }: World, name: Name, by: ReadBy): Promise<string> {
  const ref = refOf(name)
  if (by === 'open') {
    await using file = await blobs.open(ref)
    return nameOf(await file.readFile())
  }
  if (by === 'stream') return nameOf(Buffer.concat(await (await blobs.stream(ref)).toArray()))
  const { path, tier } = await blobs.locate(ref)
  // Where the cache cannot lead to it, the path is the volume's own.
  if (troubles.length === 0) {
    assert.equal(path, remembered.get(name) ?? path, 'the path of a ref never changes (I12)')
    remembered.set(name, path)
  }
  const bytes = nameOf(readFileSync(path))
  return by === 'locate' ? `${tier}: ${bytes}` : bytes
}

/** What planVolume does, without its threads, whose start takes longer than a whole run of the model. */
function planHere({ archive, volume }: Pick<World, 'archive' | 'volume'>, policy: ArchivePolicy): VolumePlan {
  const plan = createArchivePlan(policy, archive.now())
  const strangers: VolumePlan['strangers'] = []
  const emptyLeaves: string[] = []
  const batch = createBatch(batch => {
    for (const file of blobsOf(batch)) plan.add(file)
    strangers.push(...batch.strangers)
    for (const leaf of batch.emptyLeaves) if (archive.now() - leaf.since >= DAY) emptyLeaves.push(leaf.path)
  })
  walk(volume.directory, volume.layout, '', 0, batch.visitor)
  batch.flush()
  return { ...plan.finish(), strangers, emptyLeaves }
}

async function* only(names: readonly Name[], blobs: AsyncIterable<Recallable>): AsyncGenerator<Recallable> {
  for await (const blob of blobs) if (names.includes(nameOfRef(blob.ref))) yield blob
}

function policyOf({ minAge, minSize, quiet, allowEmpty }: PolicyOptions): ArchivePolicy {
  return { minAge: minAge * DAY, minSize, quiet: quiet * 60_000, allowEmpty }
}

function tellInto(told: Told): RunEvents {
  return {
    ...silent,
    blob: (ref, _bytes, outcome) => void told.outcomes.push(`${nameOfRef(ref)}: ${outcome}`),
    failed: ({ code }) => void told.errors.push(code),
  }
}

function nameOfRef({ oid, tid }: Ref): Name {
  const name = NAMES.find(name => refOf(name).oid === oid && refOf(name).tid === tid)
  assert.ok(name, `a ref that nobody has made: ${oid}/${tid}`)
  return name
}

function print(options: object): string {
  return JSON.stringify(options)
    .replaceAll('"', "'")
    .replaceAll(/'(\w+)':/g, ' $1: ')
    .replace(/}$/, ' }')
}
