import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { inParallel } from '../in-parallel.ts'
import type { BucketConfig } from '../model/config.ts'
import type { BlobFacts, PutResult } from '../ports.ts'
import { type Retry, repeat } from './retry.ts'
import { hexToBase64, knownVersion, objectAttributes } from './s3-object.ts'
import { hasName } from './translate-error.ts'

/** Bytes: what can be copied by one request, and what is copied by each where it takes more. */
export const COPY_SIZES = { whole: 5 * 2 ** 30, part: 2 ** 30 }

const LARGEST_COUNT = 10_000
const PARTS_AT_A_TIME = 8

interface Place {
  Bucket: string
  Key: string
}

interface Copy {
  target: Place
  /** What is copied, under which condition, and what it takes to read it. */
  source: Pick<
    CopyObjectCommandInput,
    'CopySource' | 'CopySourceIfMatch' | 'CopySourceSSECustomerAlgorithm' | 'CopySourceSSECustomerKey'
  >
  checksums: BucketConfig['checksums']
  facts: BlobFacts
  retry: Retry
  sizes: typeof COPY_SIZES
  signal?: AbortSignal | undefined
}

/**
 * Copies onto a key, if nothing is there (I3). A copy keeps neither storage class nor, in parts, any attribute, so
 * that all are said again; tags and annotations nobody gives, and copying them would ask for rights of their own.
 */
export async function copyOnto(client: S3Client, copy: Copy): Promise<PutResult> {
  const work = async () => {
    if (copy.facts.size > copy.sizes.whole) return copyInParts(client, copy)
    return copyWhole(client, copy).catch((error: unknown) => {
      // Servers that do not know the condition on a copy know it on an upload.
      if (hasName(error, 'NotImplemented', '501')) return copyInParts(client, copy)
      throw error
    })
  }
  try {
    return await repeat(copy.retry, work, isConflict, copy.signal)
  } catch (error) {
    if (hasName(error, 'PreconditionFailed', '412')) return { outcome: 'present' }
    throw error
  }
}

/** Somebody else is writing the same key at this moment. */
function isConflict(error: unknown): boolean {
  return hasName(error, 'ConditionalRequestConflict')
}

async function copyWhole(client: S3Client, copy: Copy): Promise<PutResult> {
  const { target, source, facts, checksums, signal } = copy
  const command = new CopyObjectCommand({
    ...target,
    ...objectAttributes(facts),
    ...checksumOf(checksums),
    ...source,
    MetadataDirective: 'REPLACE',
    TaggingDirective: 'REPLACE',
    AnnotationDirective: 'EXCLUDE',
    IfNoneMatch: '*',
  })
  const { VersionId, CopyObjectResult } = await client.send(command, options(signal))
  const vouched = CopyObjectResult?.ChecksumSHA256 === hexToBase64(facts.sha256)
  return { outcome: 'stored', vouched, versionId: knownVersion(VersionId) }
}

/** What fails is aborted, so that no part remains. */
async function copyInParts(client: S3Client, copy: Copy): Promise<PutResult> {
  const { target, facts, checksums, signal } = copy
  const begin = { ...target, ...objectAttributes(facts), ...checksumOf(checksums) }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(begin), options(signal))
  if (!UploadId) throw new Error('no id for the upload')
  const upload = { ...target, UploadId }
  try {
    const MultipartUpload = { Parts: await copyParts(client, copy, UploadId) }
    const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, IfNoneMatch: '*' })
    const { VersionId } = await client.send(complete, options(signal))
    return { outcome: 'stored', vouched: false, versionId: knownVersion(VersionId) }
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {})
    throw error
  }
}

/** All that were begun have ended when it does: an abort spares what is still being written. */
async function copyParts(client: S3Client, copy: Copy, UploadId: string): Promise<CompletedPart[]> {
  const { size } = copy.facts
  const partSize = Math.max(copy.sizes.part, Math.ceil(size / LARGEST_COUNT))
  const count = Math.max(1, Math.ceil(size / partSize))
  const parts: CompletedPart[] = []
  await inParallel(Array(count).keys(), PARTS_AT_A_TIME, async at => {
    const [PartNumber, last] = [at + 1, Math.min((at + 1) * partSize, size) - 1]
    // A single part is the whole, which may be of no bytes.
    const range = count === 1 ? {} : { CopySourceRange: `bytes=${at * partSize}-${last}` }
    const part = { UploadId, PartNumber, ...copy.source, ...range }
    const command = new UploadPartCopyCommand({ ...copy.target, ...part })
    const { CopyPartResult = {} } = await client.send(command, options(copy.signal))
    const { ETag, ChecksumSHA256 } = CopyPartResult
    parts[at] = { PartNumber, ETag, ...(ChecksumSHA256 && { ChecksumSHA256 }) }
  })
  return parts
}

function checksumOf(checksums: BucketConfig['checksums']) {
  return checksums === 'server' ? { ChecksumAlgorithm: 'SHA256' as const } : {}
}

function options(abortSignal: AbortSignal | undefined) {
  return abortSignal ? { abortSignal } : {}
}

/** As the header wants it. */
export function copySource({ Bucket, Key }: Place): string {
  return `${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`
}
