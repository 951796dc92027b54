import type { GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import { FORMAT_VERSION } from '../model/blob-row.ts'
import { BlobUnavailable } from '../model/errors.ts'
import type { BlobFacts, StoredBlob } from '../ports.ts'

/** How facts become an object's metadata and back (docs/formats.md, "Object metadata"). */

/** Below this Intelligent-Tiering never moves an object and S3 stores it as STANDARD anyway. */
const SMALLEST_TIERED = 128 * 1024

/**
 * A replica (REPLICA) is not among them: nothing says that its source is still there, as it is not where a region was
 * lost, and a file must not be deleted in that belief (I1).
 */
const REPLICATION: Readonly<Record<string, StoredBlob['replication']>> = {
  COMPLETED: 'completed',
  // What the service's own list of values has beside it.
  COMPLETE: 'completed',
  PENDING: 'pending',
  FAILED: 'failed',
}

/**
 * What the edge passes on to browsers with a blob's bytes and never with an error, which the header of a distribution's policy
 * would be put on, too: a blob never changes, and who may no longer see it may still have it for a day.
 */
const BY_BROWSERS = 'private, max-age=86400, immutable'

export function objectAttributes(facts: BlobFacts) {
  return {
    ContentType: facts.contentType,
    CacheControl: BY_BROWSERS,
    Metadata: { sha256: facts.sha256, size: String(facts.size), 'format-version': String(FORMAT_VERSION) },
    ...(facts.size >= SMALLEST_TIERED ? { StorageClass: 'INTELLIGENT_TIERING' as const } : {}),
  }
}

export function readStoredBlob(
  output: HeadObjectCommandOutput | GetObjectCommandOutput,
  subject: string,
): StoredBlob {
  const size = output.ContentLength ?? 0
  const sha256 = ownSha256(output.Metadata ?? {}, size)
  const replication = REPLICATION[output.ReplicationStatus ?? '']
  return {
    size,
    sha256,
    contentType: output.ContentType ?? 'application/octet-stream',
    versionId: knownVersion(output.VersionId),
    lastModified: output.LastModified?.getTime() ?? rejectAnswer(subject),
    vouched: sha256 !== undefined && output.ChecksumSHA256 === hexToBase64(sha256),
    ...(replication && { replication }),
  }
}

/** A time of our own making would let a release delay pass that never began. */
function rejectAnswer(subject: string): never {
  throw new BlobUnavailable('SERVER_FAILED', 'the answer does not say when the object was stored', {
    subject,
    hint: 'a server that speaks S3 sends Last-Modified; a proxy may have taken it out',
  })
}

/** Buckets that never had versions name none, those whose versions are suspended name it "null". */
export function knownVersion(versionId: string | undefined): string | undefined {
  return versionId === 'null' ? undefined : versionId
}

/** Metadata that is not ours, is of another format or contradicts the object's size says nothing. */
function ownSha256(metadata: Record<string, string>, size: number): string | undefined {
  const ours = metadata['format-version'] === String(FORMAT_VERSION) && metadata.size === String(size)
  return ours && /^[0-9a-f]{64}$/.test(metadata.sha256 ?? '') ? metadata.sha256 : undefined
}

export function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}
