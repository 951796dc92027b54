import { type Adopt, adoptBlob, otherBytes, verifyAdopted } from './adopt.ts'
import { inParallel } from './in-parallel.ts'
import { type AdoptPlan, judgeKey, planAdoption } from './model/adopt-plan.ts'
import type { Tally } from './model/archive-policy.ts'
import type { BlobRow } from './model/blob-row.ts'
import { NiceBlobsError } from './model/errors.ts'
import { type Naming, rootOf } from './model/predecessor-key.ts'
import type { Ref } from './model/ref.ts'
import type { PredecessorBucket } from './ports.ts'
import { type AdoptEvents, attempt } from './run.ts'

/** As an outcome: what a run leaves where it is, out of the bucket. */
export const COLLECTED = 'collected before'

const ROWS_PER_LOOKUP = 100

/** An object of a predecessor that is one of its blobs. */
interface Adoptable {
  readonly key: string
  readonly ref: Ref
  readonly size: number
}

export interface PlannedBlob extends Adoptable {
  readonly plan: AdoptPlan
  readonly row: BlobRow | undefined
}

export interface AdoptOptions {
  jobs: number
  /** Read and hash what has a row already, instead of comparing sizes. */
  verify?: boolean
  signal?: AbortSignal
  total?: Promise<Tally>
}

/** What a predecessor holds, and what is to be done with each; the index is asked for a batch at a time. What is none of its blobs is told. */
export async function* planAdoptions(
  { predecessor, index, database }: Pick<Adopt, 'predecessor' | 'index' | 'database'>,
  naming: Naming,
  foreign: AdoptEvents['foreign'],
): AsyncGenerator<PlannedBlob> {
  for await (const batch of batchesOf(listAdoptable(predecessor, naming, foreign))) {
    const refs = batch.map(({ ref }) => ref)
    const rows = await index.find(database, refs)
    for (const [at, blob] of batch.entries()) {
      const row = rows[at]
      yield { ...blob, row, plan: planAdoption(blob.size, row) }
    }
  }
}

export async function runAdoption(
  adopt: Adopt,
  blobs: AsyncIterable<PlannedBlob>,
  { jobs, verify = false, signal, total }: AdoptOptions,
  events: AdoptEvents,
): Promise<void> {
  // Whatever keeps the count from being made keeps the run from working too, which then tells it.
  total?.then(events.planned, () => {})
  const one = (blob: PlannedBlob) =>
    attempt(events, blob.size, signal, async () => {
      const { outcome, bytes } = await adoptPlanned(adopt, blob, verify, signal)
      events.blob(blob.ref, bytes, outcome)
    })
  await inParallel(blobs, jobs, one, signal)
}

async function adoptPlanned(
  adopt: Adopt,
  blob: PlannedBlob,
  verify: boolean,
  signal: AbortSignal | undefined,
): Promise<{ outcome: string; bytes: number }> {
  const { plan, key, size, row } = blob
  if (plan.step === 'conflict') throw otherBytes(key, plan.reason)
  if (plan.step === 'adopt') return adoptBlob(adopt, blob, signal)
  if (plan.step === 'collected') return { outcome: COLLECTED, bytes: size }
  if (verify && row) await verifyAdopted(adopt, key, row, signal)
  return { outcome: 'adopted before', bytes: size }
}

export async function countAdoptable(
  predecessor: PredecessorBucket,
  naming: Naming,
  signal: AbortSignal,
): Promise<Tally> {
  const tally = { blobs: 0, bytes: 0 }
  for await (const { size } of listAdoptable(predecessor, naming, () => {})) {
    if (signal.aborted) break
    tally.blobs += 1
    tally.bytes += size
  }
  return tally
}

/** In the order of their keys. Where there is none, form or prefix are mistaken, or the bucket. */
async function* listAdoptable(
  predecessor: PredecessorBucket,
  naming: Naming,
  foreign: AdoptEvents['foreign'],
): AsyncGenerator<Adoptable> {
  let none = true
  for await (const { key, size } of predecessor.list(rootOf(naming))) {
    const judged = judgeKey(naming, key)
    if ('foreign' in judged) foreign(key, size, judged.foreign)
    else yield { key, ref: judged.ref, size }
    none &&= 'foreign' in judged
  }
  if (none) throw nothingThere(naming)
}

async function* batchesOf<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length < ROWS_PER_LOOKUP) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function nothingThere({ form, prefix }: Naming): NiceBlobsError {
  return new NiceBlobsError('USAGE_WRONG', `there is no blob of ${form}`, {
    subject: prefix === '' ? 'the whole bucket' : prefix,
    hint: 'compare --from, --form and --prefix with the configuration of the application',
  })
}
