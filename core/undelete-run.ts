import { inParallel } from './in-parallel.ts'
import { mergeSorted } from './merge-sorted.ts'
import { allShards, type BlobRow, shardOf, sortKey } from './model/blob-row.ts'
import { blobPrefix, parseBlobKey } from './model/key.ts'
import type { Manifest } from './model/live-report.ts'
import type { Ref } from './model/ref.ts'
import type { BlobIndex, BlobVersions } from './ports.ts'
import { withPart } from './read-report.ts'
import { attempt, type RunEvents } from './run.ts'
import { type Undelete, type Undeleted, undeleteBlob } from './undelete.ts'

/** What is to be undeleted; of a ref that somebody named, there may be no row. */
export interface Chosen {
  readonly ref: Ref
  readonly row: BlobRow | undefined
}

export interface UndeleteEvents extends RunEvents {
  /** How it was gone about, and what came of it. */
  undeleted(ref: Ref, done: Undeleted): void
}

export async function runUndelete(
  undelete: Undelete,
  chosen: AsyncIterable<Chosen>,
  { jobs, signal }: { jobs: number; signal?: AbortSignal },
  events: UndeleteEvents,
): Promise<void> {
  const one = ({ ref, row }: Chosen) =>
    attempt(events, row?.size ?? 0, signal, async () => {
      const done = await undeleteBlob(undelete, ref)
      events.undeleted(ref, done)
      events.blob(ref, done.bytes, done.outcome)
    })
  await inParallel(chosen, jobs, one, signal)
}

export async function* chooseNamed(
  { index, database }: Pick<Undelete, 'index' | 'database'>,
  refs: readonly Ref[],
): AsyncGenerator<Chosen> {
  const rows = await index.find(database, refs)
  for (const [at, ref] of refs.entries()) yield { ref, row: rows[at] }
}

/** Of what is condemned, being swept or swept. */
export async function* chooseGarbage(
  { index, database }: Pick<Undelete, 'index' | 'database'>,
  wanted: (row: BlobRow) => boolean,
): AsyncGenerator<Chosen> {
  for (const shard of allShards())
    for await (const row of index.listShard(database, shard, 'garbage')) if (wanted(row)) yield chosenBy(row)
}

/**
 * What a live report names, and is garbage or hidden by a marker: after a restore, and also where the rows are lost that knew of it
 * (I10). The report's parts are fetched into `scratch` one by one; refs of what is hidden are kept in memory.
 */
export async function* chooseLiving(
  { index, bucket, versions, database }: Undelete,
  manifest: Manifest,
  scratch: string,
): AsyncGenerator<Chosen> {
  const hidden = await findHidden(versions, database)
  for (const shard of allShards()) {
    const found = [garbageOf(index, database, shard), withoutRows(hidden[shard] ?? [])]
    const living = await withPart(bucket, manifest, shard, scratch, named => keepNamed(found, named))
    yield* living.filter(({ row }) => row)
    const unknown = living.filter(({ row }) => !row).map(({ ref }) => ref)
    if (unknown.length > 0) yield* chooseNamed({ index, database }, unknown)
  }
}

/** By their shards, each in the order of the refs. */
async function findHidden(versions: BlobVersions, database: string): Promise<Ref[][]> {
  const hidden: Ref[][] = allShards().map(() => [])
  for await (const key of versions.listMarked(blobPrefix(database))) {
    const ref = parseBlobKey(key)?.ref
    if (ref) hidden[shardOf(ref)]?.push(ref)
  }
  return hidden
}

async function* garbageOf(index: BlobIndex, database: string, shard: number): AsyncGenerator<Chosen> {
  for await (const row of index.listShard(database, shard, 'garbage')) yield chosenBy(row)
}

async function* withoutRows(refs: readonly Ref[]): AsyncGenerator<Chosen> {
  for (const ref of refs) yield { ref, row: undefined }
}

/** Of the same ref in several streams, the first one's is kept. */
async function keepNamed(
  found: readonly AsyncIterable<Chosen>[],
  named: { has(ref: Ref): boolean },
): Promise<Chosen[]> {
  const living: Chosen[] = []
  let last = ''
  for await (const chosen of mergeSorted(found, ({ ref }) => sortKey(ref))) {
    const at = sortKey(chosen.ref)
    if (at !== last && named.has(chosen.ref)) living.push(chosen)
    last = at
  }
  return living
}

function chosenBy(row: BlobRow): Chosen {
  return { ref: { oid: row.oid, tid: row.tid }, row }
}
