import type { Ref } from './ref.ts'
import { tidToTime } from './tid.ts'

/** What may leave a volume. Ages and times in milliseconds, sizes in bytes. */
export interface ArchivePolicy {
  /** A blob's age counts from its tid, which no copying or restoring changes. */
  minAge: number
  minSize: number
  /** How long a file must have been left alone: its final name exists before its transaction is sure. */
  quiet: number
  /** A file of no bytes is more often the trace of a crash than a blob. */
  allowEmpty: boolean
}

export interface VolumeFile {
  readonly ref: Ref
  readonly size: number
  /** ctime in milliseconds since 1970: the last time anything about the file changed. */
  readonly changed: number
}

export type Keeping = 'too young' | 'too small' | 'changed lately' | 'from the future' | 'empty'
export type ArchiveReason = 'due' | Keeping

/** Why this file leaves or stays. `now` in milliseconds since 1970. */
export function judge(file: VolumeFile, policy: ArchivePolicy, now: number): ArchiveReason {
  const age = now - tidToTime(file.ref.tid)
  if (age < 0) return 'from the future'
  if (age < policy.minAge) return 'too young'
  if (file.size === 0 && !policy.allowEmpty) return 'empty'
  if (file.size < policy.minSize) return 'too small'
  // Without a quiet time not even a file of this millisecond, or of a server with a faster clock, has to wait.
  if (policy.quiet > 0 && now - file.changed < policy.quiet) return 'changed lately'
  return 'due'
}

export interface Tally {
  blobs: number
  bytes: number
}

export interface ArchivePlan {
  /** What leaves, the largest first, so that the disk empties soonest. */
  due: readonly VolumeFile[]
  kept: Readonly<Partial<Record<Keeping, Tally>>>
}

/** Takes files one by one, since a volume may hold more than fit into memory; only what is due is kept. */
export function createArchivePlan(policy: ArchivePolicy, now: number) {
  const due: VolumeFile[] = []
  const kept: Partial<Record<Keeping, Tally>> = {}
  return {
    add(file: VolumeFile): ArchiveReason {
      const reason = judge(file, policy, now)
      if (reason === 'due') due.push(file)
      else count(kept, reason, file.size)
      return reason
    },
    finish(): ArchivePlan {
      return { due: due.sort(largestFirst), kept }
    },
  }
}

export function count<K extends string>(tallies: Partial<Record<K, Tally>>, name: K, bytes: number): void {
  const tally = tallies[name] ?? { blobs: 0, bytes: 0 }
  tally.blobs += 1
  tally.bytes += bytes
  tallies[name] = tally
}

/** A total order, so that the same files give the same plan on every run. */
function largestFirst(a: VolumeFile, b: VolumeFile): number {
  if (a.size !== b.size) return b.size - a.size
  if (a.ref.oid !== b.ref.oid) return a.ref.oid < b.ref.oid ? -1 : 1
  if (a.ref.tid === b.ref.tid) return 0
  return a.ref.tid < b.ref.tid ? -1 : 1
}
