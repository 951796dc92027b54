import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'
import { isDatabaseName } from './key.ts'
import { isHexId, type Ref } from './ref.ts'

export const FORMAT_VERSION = 1
const SHARDS = 64

export const BLOB_STATES = ['archived', 'condemned', 'sweeping', 'swept'] as const
export type BlobState = (typeof BLOB_STATES)[number]

const blobRowSchema = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  database: z.string().refine(isDatabaseName),
  oid: z.string().refine(isHexId),
  tid: z.string().refine(isHexId),
  size: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  contentType: z.string().min(1),
  /** Absent where the bucket keeps no versions. */
  versionId: z.string().min(1).optional(),
  /** Milliseconds since 1970. */
  archivedAt: z.int().nonnegative(),
  state: z.enum(BLOB_STATES),
  /** Of everything but `archived`: the report that condemned it, its generation, and when that was decided, in milliseconds since 1970. */
  condemnedBy: z.string().min(1).optional(),
  condemnedIn: z.string().min(1).optional(),
  condemnedAt: z.int().nonnegative().optional(),
  /** When its marker was found in place: milliseconds since 1970. */
  sweptAt: z.int().nonnegative().optional(),
})

/** What the index knows of one verified object (docs/formats.md, "Index"). */
export type BlobRow = Readonly<z.infer<typeof blobRowSchema>>

export function parseBlobRow(value: unknown, subject: string): BlobRow {
  const result = blobRowSchema.safeParse(value)
  if (result.success) return result.data
  throw new NiceBlobsError('FORMAT_UNKNOWN', 'a row of the index that this version cannot read', {
    subject,
    hint: 'upgrade nice-blobs on this host, or repair the row from the bucket',
    cause: result.error,
  })
}

/** `blob#main#`: what all partitions of a database's blobs begin with. */
export function partitionsOf(database: string): string {
  return `${ALL_PARTITIONS}${database}#`
}

/** What all partitions of blobs begin with. */
export const ALL_PARTITIONS = 'blob#'

/** `blob#main#12`: one of 64 partitions; all revisions of an object are in one. */
export function partitionKey(database: string, shard: number): string {
  return `${partitionsOf(database)}${shard.toString(16).padStart(2, '0')}`
}

export function shardOf(ref: Ref): number {
  return Number.parseInt(ref.oid.slice(-2), 16) % SHARDS
}

export function allShards(): number[] {
  return Array.from({ length: SHARDS }, (_, shard) => shard)
}

/** `00000000000004d203d167f919308700`: sorted as the live reports are. */
export function sortKey(ref: Ref): string {
  return ref.oid + ref.tid
}

/** Who moves a row from one state to the next, and when (docs/formats.md, "Transitions"). */
const TRANSITIONS: Readonly<Record<BlobState, readonly BlobState[]>> = {
  archived: ['condemned'],
  condemned: ['archived', 'sweeping'],
  sweeping: ['swept', 'condemned'],
  swept: ['archived'],
}

export function mayBecome(from: BlobState, to: BlobState): boolean {
  return TRANSITIONS[from].includes(to)
}
