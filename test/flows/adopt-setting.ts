import type { Adopt } from '../../core/adopt.ts'
import { type AdoptOptions, type PlannedBlob, planAdoptions, runAdoption } from '../../core/adopt-run.ts'
import { createCopiesThroughHost } from '../../core/copy-through-host.ts'
import { BlobUnavailable, type NiceBlobsError } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { type Naming, predecessorKey } from '../../core/model/predecessor-key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { createTallies, type RunSummary } from '../../core/run.ts'
import { readAll } from '../contract/bucket-contract.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { createMemoryCopies, createMemoryPredecessor } from '../memory/memory-predecessor.ts'
import { silent } from './setting.ts'

/** What adoptions are tested on: a predecessor's bucket and our ports, all in memory. */

export const NAMING: Naming = { form: 'zodb-s3blobs', prefix: '' }
export type Way = 'by the server' | 'through the host'
export const WAYS: readonly Way[] = ['by the server', 'through the host']

export function adoptSetting(way: Way = 'by the server') {
  const bucket = createMemoryBucket()
  const index = createMemoryIndex()
  const predecessor = createMemoryPredecessor()
  const copies =
    way === 'by the server'
      ? createMemoryCopies(predecessor, bucket)
      : createCopiesThroughHost(predecessor, bucket)
  const adopt: Adopt = { database: 'main', bucket, index, now: Date.now, predecessor, copies }
  const tools = {
    /** As the predecessor's application does, over whatever is there. */
    plant(ref: Ref, content: string | Buffer): string {
      const key = predecessorKey(NAMING, ref)
      predecessor.objects.set(key, Buffer.from(content))
      return key
    },
    bytesOf: async (ref: Ref) => {
      const found = await bucket.get(blobKey('main', ref))
      return found && (await readAll(found.body)).toString()
    },
    rowOf: async (ref: Ref) => (await index.find('main', [ref]))[0],
  }
  return { bucket, index, predecessor, adopt, ...tools }
}

interface AdoptionTold {
  outcomes: Record<string, number>
  errors: NiceBlobsError[]
  foreign: string[]
  summary: RunSummary
}

/** What the command does, with one job at a time unless said otherwise. */
export async function adoptAll(
  adopt: Adopt,
  options: Omit<AdoptOptions, 'jobs'> & { jobs?: number } = {},
): Promise<AdoptionTold> {
  const errors: NiceBlobsError[] = []
  const foreign: string[] = []
  const tallies = createTallies({
    ...silent,
    failed: error => errors.push(error),
    foreign: key => foreign.push(key),
  })
  const blobs = planAdoptions(adopt, NAMING, tallies.foreign)
  await runAdoption(adopt, blobs, { jobs: 1, ...options }, tallies)
  const { summary } = tallies
  const counts = Object.entries(summary.outcomes).map(([name, { blobs }]) => [name, blobs])
  return { outcomes: Object.fromEntries(counts), errors, foreign, summary }
}

export async function plansOf(adopt: Adopt): Promise<PlannedBlob[]> {
  const plans: PlannedBlob[] = []
  for await (const planned of planAdoptions(adopt, NAMING, () => {})) plans.push(planned)
  return plans
}

/** Every call of the ports is counted, a listing for one; the nth fails, before anything is done or after all of it. */
export function failing(adopt: Adopt, nth: number, side: 'before' | 'after') {
  let calls = 0
  const isMine = () => ++calls === nth
  const around = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const work = Reflect.get(target, name)
        if (typeof work !== 'function') return work
        return (...words: unknown[]) => {
          const listed = name === 'list'
          return listed ? listing(work.apply(target, words)) : call(() => work.apply(target, words))
        }
      },
    })
  async function call(work: () => Promise<unknown>) {
    const mine = isMine()
    if (mine && side === 'before') throw outage()
    const answer = await work()
    if (mine) throw outage()
    return answer
  }
  async function* listing(items: AsyncIterable<unknown>) {
    const mine = isMine()
    if (mine && side === 'before') throw outage()
    yield* items
    if (mine) throw outage()
  }
  const { bucket, index, predecessor, copies } = adopt
  const ports = { bucket: around(bucket), index: around(index), copies: around(copies) }
  return {
    adopt: { ...adopt, ...ports, predecessor: around(predecessor) },
    reached: () => calls >= nth,
  }
}

function outage(): BlobUnavailable {
  return new BlobUnavailable('SERVER_UNREACHABLE', 'an outage', { subject: 'port', hint: 'none' })
}
