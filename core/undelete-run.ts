import { inParallel } from './in-parallel.ts'
import { allShards, type BlobRow } from './model/blob-row.ts'
import type { Manifest } from './model/live-report.ts'
import type { Ref } from './model/ref.ts'
import type { BlobBucket, BlobIndex } from './ports.ts'
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

/** What a live report names, and is garbage: after a restore. The report's parts are fetched into `scratch` one by one. */
export async function* chooseLiving(
  { index, bucket, database }: { index: BlobIndex; bucket: BlobBucket; database: string },
  manifest: Manifest,
  scratch: string,
): AsyncGenerator<Chosen> {
  for (const shard of allShards()) {
    yield* await withPart(bucket, manifest, shard, scratch, async named => {
      const living: Chosen[] = []
      for await (const row of index.listShard(database, shard, 'garbage'))
        if (named.has(row)) living.push(chosenBy(row))
      return living
    })
  }
}

function chosenBy(row: BlobRow): Chosen {
  return { ref: { oid: row.oid, tid: row.tid }, row }
}
