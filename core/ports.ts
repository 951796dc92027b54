import type { Readable } from 'node:stream'
import type { BlobRow } from './model/blob-row.ts'
import type { ShardWork } from './model/garbage-message.ts'
import type { Ref } from './model/ref.ts'
import type { ReportPhase, ReportRow, ShardRow, SweepLease } from './model/report-row.ts'
import type { ScheduleLease } from './model/schedule-lease.ts'
import type { LeaseRow, OrderRow, SummaryRow, VolumeRows } from './model/volume-row.ts'

/**
 * The seams to the outside. Failure rules for every implementation (I11): `undefined` and "absent" are said
 * only of what is known to be missing; whatever else goes wrong is a BlobUnavailable whose code says what. No name
 * of an outside service leaves an implementation.
 */

/** What a blob's bytes are. The sha256 is of the whole, in hex, whatever the bucket computes by itself. */
export interface BlobFacts {
  readonly size: number
  readonly sha256: string
  readonly contentType: string
}

/** An object as the bucket tells of it. */
export interface StoredBlob {
  readonly size: number
  /** From our metadata; undefined for an object that somebody else put there. */
  readonly sha256: string | undefined
  readonly contentType: string
  readonly versionId: string | undefined
  /** When it was stored, by the bucket's own clock: milliseconds since 1970, whole seconds. */
  readonly lastModified: number
  /** Whether the bucket itself says that the stored bytes have that SHA-256. */
  readonly vouched: boolean
  /** How far the replica is; undefined for what no replication applies to, as what was stored before there was a rule. */
  readonly replication?: 'completed' | 'pending' | 'failed' | undefined
}

/** Bytes that can be read more than once, for an upload and its retries. */
export interface BlobBytes {
  open(): Buffer | Readable
}

/**
 * `vouched`: the bucket compared what it received with our checksum; otherwise it must be read again to be sure. The
 * version is the one just written, where the bucket keeps versions.
 */
export type PutResult =
  | { outcome: 'stored'; vouched: boolean; versionId: string | undefined }
  | { outcome: 'present' }

export interface BlobBucket {
  /** Never overwrites (I3): `present` when the key exists already, with whatever bytes. */
  put(key: string, facts: BlobFacts, bytes: BlobBytes, signal?: AbortSignal): Promise<PutResult>
  head(key: string): Promise<StoredBlob | undefined>
  /** Whoever stops reading the body early ends its request. A body cut short is a BlobUnavailable. */
  get(
    key: string,
    signal?: AbortSignal,
  ): Promise<{ stored: StoredBlob; body: AsyncIterable<Uint8Array> } | undefined>
  /** Current objects only, in the order of their keys. */
  list(prefix: string): AsyncIterable<{ key: string; size: number }>
}

/** One state of an object of a predecessor, which its ETag names. */
export interface PredecessorBlob {
  readonly key: string
  readonly etag: string
  /** All its bytes, where they are few. */
  readonly content?: Buffer | undefined
}

/** A bucket that another product filled, and may still fill. Nothing of it is ever changed. */
export interface PredecessorBucket {
  /** Current objects only, in the order of their keys. */
  list(prefix: string): AsyncIterable<{ key: string; size: number }>
  /** Undefined for a missing key; with an ETag, SOURCE_CHANGED for any other state. A body cut short is a BlobUnavailable. */
  open(key: string, etag?: string, signal?: AbortSignal): Promise<OpenedBlob | undefined>
}

interface OpenedBlob {
  readonly size: number
  readonly etag: string
  /** Of the bytes, in hex, where the bucket tells it. */
  readonly md5: string | undefined
  readonly body: AsyncIterable<Uint8Array>
}

/** From a predecessor's bucket into ours. */
export interface BlobCopies {
  /** Never overwrites (I3), and copies no other state: SOURCE_CHANGED. */
  copy(blob: PredecessorBlob, key: string, facts: BlobFacts, signal?: AbortSignal): Promise<PutResult>
}

/** What a browser may be shown is judged by an object's beginning. */
export interface BlobBeginnings {
  /** So many of its first bytes, fewer where it is shorter, and what a head tells; in one answer. */
  read(key: string, length: number): Promise<{ stored: StoredBlob; bytes: Uint8Array } | undefined>
}

/** A version of an object, or a marker that hides those before it. */
export interface ObjectVersion {
  readonly versionId: string
  readonly current: boolean
  readonly marker: boolean
  /** Of a marker 0. */
  readonly size: number
  /** Milliseconds since 1970, whole seconds. */
  readonly lastModified: number
}

/** What lies under the current objects. Only a bucket that keeps versions has them; BUCKET_UNSAFE where it does not. */
export interface BlobVersions {
  /** Places a delete marker, and answers its version. Never deletes a version (I6). */
  mark(key: string): Promise<{ versionId: string }>
  /** Of one key, the newest first. */
  list(key: string): Promise<ObjectVersion[]>
  /** Keys that a marker hides, in their order; whether there is a version below, `list` tells. */
  listMarked(prefix: string): AsyncIterable<string>
  /** One version, whether it is current or not; undefined for none and for a marker. */
  head(key: string, versionId: string): Promise<StoredBlob | undefined>
  /** Copies a version onto its key with its metadata, never over an object (I3); the marker stays below it. */
  restore(key: string, version: { versionId: string; facts: BlobFacts }): Promise<PutResult>
}

/**
 * What garbage collection knows of live reports. Every write is one row, under a condition; false when it does not hold. After an
 * error nobody knows whether the row was written: whoever depends on it reads again.
 */
export interface ReportIndex {
  read(database: string, report: string): Promise<ReportRow | undefined>
  /** Of a database, in the order of their ids, which is that of their horizons. */
  list(database: string): Promise<ReportRow[]>
  /** If it is still as it was; `undefined` for none. */
  write(before: ReportRow | undefined, after: ReportRow): Promise<boolean>
  /** What is known of the shards of one report, in their order. */
  readShards(database: string, report: string, phase: ReportPhase): Promise<ShardRow[]>
  /** In place of what was there: a shard that is worked off again is what it is then. */
  writeShard(row: ShardRow): Promise<void>
  readSweepLease(): Promise<SweepLease | undefined>
  /** If it is still as it was; `undefined` for none. */
  writeSweepLease(before: SweepLease | undefined, after: SweepLease): Promise<boolean>
}

/** Where the condemner leaves work for later; each piece comes at least once, in any order. */
export interface WorkQueue {
  send(works: readonly ShardWork[]): Promise<void>
}

export interface BlobIndex {
  /** One answer per ref, in their order. */
  find(database: string, refs: readonly Ref[]): Promise<(BlobRow | undefined)[]>
  /** Writes the row unless there is one; then that one is the answer. */
  insert(row: BlobRow): Promise<BlobRow | undefined>
  /**
   * One transition, if the row is still as it was: its state, its object's time and bytes, and by which report it is condemned.
   * False when somebody else was first, or when the answer to its own first attempt was lost: whoever depends on it reads again.
   */
  replace(before: BlobRow, after: BlobRow): Promise<boolean>
  /** All rows of a database in the order of their refs, which is that of their keys in the bucket. */
  list(database: string): AsyncIterable<BlobRow>
  /** Those of one shard, as a live report's part is sorted; `garbage` leaves out what is archived. Perhaps a moment old. */
  listShard(database: string, shard: number, only?: 'garbage'): AsyncIterable<BlobRow>
}

/**
 * What agents and the schedule tell each other. Every write is one row, under a condition; false when it does not hold,
 * so that of several who write at once one is answered true. After an error nobody knows whether the row was written:
 * whoever depends on it reads again.
 */
export interface FleetIndex {
  /** Everything known of one volume; FORMAT_UNKNOWN when there is a row that cannot be read. */
  read(database: string, volume: string): Promise<VolumeRows>
  /** Nothing but the lease: what else is there of a volume keeps nobody from taking it. */
  readLease(database: string, volume: string): Promise<LeaseRow | undefined>
  /** Nothing but the order, which an agent looks for again and again. */
  readOrder(database: string, volume: string): Promise<OrderRow | undefined>
  /** Of all volumes of a database, in the order of their names; what cannot be read is told with its volume. */
  list(database: string): AsyncIterable<VolumeRows>
  /** If the lease is still as it was; `undefined` for none. */
  writeLease(before: LeaseRow | undefined, after: LeaseRow): Promise<boolean>
  /** Unless an agent of a later term has published one. */
  writeSummary(row: SummaryRow): Promise<boolean>
  /** Unless there is one of this run, or of a later one; a run more than a day in the future was never one. */
  writeOrder(row: OrderRow): Promise<boolean>
  readScheduleLease(): Promise<ScheduleLease | undefined>
  /** If it is still as it was; `undefined` for none. */
  writeScheduleLease(before: ScheduleLease | undefined, after: ScheduleLease): Promise<boolean>
}

/** What a secret holds, and of which version that is; no text as long as nothing was written, nor a version but on some servers. */
export interface SecretValue {
  readonly text: string | undefined
  readonly version: string | undefined
}

/** One text that only few may read, replaced as a whole. Whoever writes has read it before. */
export interface Secret {
  /** SECRET_MISSING where there is no such secret. */
  read(): Promise<SecretValue>
  /** SECRET_CHANGED, and nothing is written, if by now another version than the one that is replaced is current. */
  write(text: string, replacing: SecretValue['version']): Promise<void>
}
