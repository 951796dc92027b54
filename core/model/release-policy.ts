import type { BlobRow } from './blob-row.ts'

export interface ReleasePolicy {
  /** How long after archiving the volume keeps its copy, in milliseconds. */
  delay: number
  /** Whether the replica has to have it too; otherwise it need not. */
  replicated?: boolean
}

/** What keeps a file for the replica's sake: `in no replica` for what no replication applies to, and which nothing will change. */
export type ReplicaKeeping = 'not replicated yet' | 'replication failed' | 'in no replica'

export type ReleaseKeeping = 'not archived' | 'within the release delay' | ReplicaKeeping

/** Whether the volume's copy may go, or why it stays. */
export function planRelease(row: BlobRow, now: number, policy: ReleasePolicy): 'due' | ReleaseKeeping {
  if (row.state !== 'archived') return 'not archived'
  // The row's time is the bucket's: without a delay a host with a slower clock has not to wait either.
  if (policy.delay > 0 && now - row.archivedAt < policy.delay) return 'within the release delay'
  return 'due'
}

/** Whether the replica, by what the current object says of it, keeps the volume's copy. */
export function judgeReplication(
  replication: 'completed' | 'pending' | 'failed' | undefined,
  { replicated }: ReleasePolicy,
): 'due' | ReplicaKeeping {
  if (!replicated || replication === 'completed') return 'due'
  if (replication === 'pending') return 'not replicated yet'
  return replication === 'failed' ? 'replication failed' : 'in no replica'
}
