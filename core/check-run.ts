import type { Archive } from './archive.ts'
import { type Depth, examine, type Seen } from './check.ts'
import { inParallel } from './in-parallel.ts'
import { mergeSorted } from './merge-sorted.ts'
import type { Tally } from './model/archive-policy.ts'
import type { BlobRow } from './model/blob-row.ts'
import type { Difference, DifferenceClass } from './model/difference.ts'
import { blobKey, blobPrefix, parseBlobKey } from './model/key.ts'
import { formatRef } from './model/ref.ts'
import { indexObject, repair } from './repair.ts'
import { attempt, type CheckEvents } from './run.ts'
import type { Volume } from './volume/volume.ts'

export interface CheckOptions {
  depth: Depth
  /** Writes the row of every object that has none, from its metadata. */
  rebuild: boolean
  repair: ReadonlySet<DifferenceClass>
  /** Where lost blobs may still be. */
  volumes: readonly Volume[]
  /** Tells that a swept blob can be undeleted no more; nobody is asked where there is no inventory. */
  isForgotten?(row: BlobRow): boolean
  jobs: number
  signal?: AbortSignal
  /** Only for telling how far the run is. */
  total?: Promise<Tally>
}

interface Pair {
  key: string
  row?: BlobRow
  size?: number
}

/** Holds the index against the bucket; memory does not grow with either. */
export async function runCheck(archive: Archive, options: CheckOptions, events: CheckEvents): Promise<void> {
  const { jobs, signal, total } = options
  total?.then(events.planned, () => {})
  const one = (pair: Pair) =>
    attempt(events, pair.size ?? 0, signal, () => checkOne(archive, pair, options, events))
  await inParallel(pairUp(archive), jobs, one, signal)
}

/** Rows and objects side by side, by their keys: both listings have the same order. */
async function* pairUp(archive: Archive): AsyncGenerator<Pair> {
  let waiting: Pair | undefined
  for await (const next of mergeSorted([rows(archive), objects(archive)], ({ key }) => key)) {
    const same = waiting?.key === next.key
    if (waiting) yield same ? { ...waiting, ...next } : waiting
    waiting = same ? undefined : next
  }
  if (waiting) yield waiting
}

async function* rows({ index, database }: Archive): AsyncGenerator<Pair> {
  for await (const row of index.list(database)) yield { key: blobKey(database, row), row }
}

function objects({ bucket, database }: Archive): AsyncIterable<Pair> {
  return bucket.list(blobPrefix(database))
}

async function checkOne(
  archive: Archive,
  { key, row, size }: Pair,
  options: CheckOptions,
  events: CheckEvents,
): Promise<void> {
  const { depth, rebuild, signal } = options
  const ref = parseBlobKey(key)?.ref
  if (!ref) return events.differs(foreignKey(key, size))
  if (rebuild && !row && (await indexObject(archive, ref))) return events.blob(ref, size ?? 0, 'indexed')
  if (row && size === undefined && options.isForgotten?.(row)) return events.differs(forgotten(row))
  const seen = await examine(archive, { ref, row, size }, depth, signal)
  if (!seen) events.blob(ref, size ?? 0, 'agreeing')
  else if (!options.repair.has(seen.verdict.class)) events.differs(asTold(seen))
  else await repairOne(archive, seen, options, events)
}

/** What could not be repaired is told as the difference it is, and an error besides. */
async function repairOne(archive: Archive, seen: Seen, options: CheckOptions, events: CheckEvents) {
  const told = asTold(seen)
  try {
    const why = await repair(archive, options.volumes, seen, options.signal)
    if (why === undefined) events.blob(seen.ref, told.bytes, `repaired ${told.class}`)
    else events.differs({ ...told, reason: `${told.reason}; ${why}` })
  } catch (error) {
    events.differs(told)
    throw error
  }
}

function asTold({ ref, row, object, verdict }: Seen): Difference {
  return { ...verdict, subject: formatRef(ref), bytes: object?.size ?? row?.size ?? 0 }
}

function forgotten(row: BlobRow): Difference {
  const reason = 'it is swept, and no version of it is left to undelete'
  return { class: 'forgotten', reason, subject: formatRef(row), bytes: row.size }
}

function foreignKey(key: string, bytes = 0): Difference {
  return { class: 'foreign', reason: 'its key is none of a blob', subject: key, bytes }
}
