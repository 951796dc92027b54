import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { BucketConfig } from '../model/config.ts'
import { NiceBlobsError } from '../model/errors.ts'
import type { BlobBytes, BlobFacts, PutResult } from '../ports.ts'
import { hexToBase64, knownVersion, objectAttributes } from './s3-object.ts'
import { hasName } from './translate-error.ts'

const MULTIPART_FROM = 64 * 2 ** 20
const SMALLEST_PART = 16 * 2 ** 20
const LARGEST_COUNT = 10_000
const PARTS_AT_A_TIME = 4

interface Target {
  Bucket: string
  Key: string
  checksums: BucketConfig['checksums']
}

/** One conditional upload (I3); the bucket refuses bytes that are not the ones that were hashed. */
export async function putObject(
  client: S3Client,
  { checksums, ...target }: Target,
  facts: BlobFacts,
  bytes: BlobBytes,
  signal?: AbortSignal,
): Promise<PutResult> {
  const input = { ...target, ...objectAttributes(facts), IfNoneMatch: '*' }
  try {
    const putBytes = facts.size < MULTIPART_FROM ? putWhole : putParts
    const { VersionId } = await putBytes(client, input, checksums, facts, bytes, signal)
    return { outcome: 'stored', vouched: checksums === 'server', versionId: knownVersion(VersionId) }
  } catch (error) {
    if (hasName(error, 'PreconditionFailed', '412')) return { outcome: 'present' }
    if (hasName(error, 'BadDigest', 'InvalidDigest', 'XAmzContentSHA256Mismatch'))
      throw bytesRefused(target, error)
    throw error
  }
}

type Input = ReturnType<typeof objectAttributes> & { Bucket: string; Key: string; IfNoneMatch: string }

async function putWhole(
  client: S3Client,
  input: Input,
  checksums: BucketConfig['checksums'],
  facts: BlobFacts,
  bytes: BlobBytes,
  signal?: AbortSignal,
): Promise<{ VersionId?: string | undefined }> {
  const checksum = checksums === 'server' ? { ChecksumSHA256: hexToBase64(facts.sha256) } : {}
  const command = new PutObjectCommand({
    ...input,
    ...checksum,
    Body: bytes.open(),
    ContentLength: facts.size,
  })
  return client.send(command, signal ? { abortSignal: signal } : {})
}

async function putParts(
  client: S3Client,
  input: Input,
  checksums: BucketConfig['checksums'],
  facts: BlobFacts,
  bytes: BlobBytes,
  signal?: AbortSignal,
): Promise<{ VersionId?: string | undefined }> {
  const abortController = new AbortController()
  const abort = () => abortController.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  const checksum = checksums === 'server' ? { ChecksumAlgorithm: 'SHA256' as const } : {}
  const upload = new Upload({
    client,
    params: {
      ...input,
      ...checksum,
      Body: Readable.from(hashedParts(bytes, facts)),
      ContentLength: facts.size,
    },
    partSize: Math.max(SMALLEST_PART, Math.ceil(facts.size / LARGEST_COUNT)),
    queueSize: PARTS_AT_A_TIME,
    abortController,
  })
  return upload.done().finally(() => signal?.removeEventListener('abort', abort))
}

/**
 * The checksum of many parts is not that of the whole, so what leaves is hashed once more on its way; other bytes
 * than the facts tell of end the upload before it is completed.
 */
async function* hashedParts(bytes: BlobBytes, facts: BlobFacts): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of bytes.open() as AsyncIterable<Uint8Array>) {
    hash.update(chunk)
    yield chunk
  }
  if (hash.digest('hex') !== facts.sha256)
    throw Object.assign(new Error('other bytes than hashed'), { name: 'BadDigest' })
}

function bytesRefused(target: { Bucket: string; Key: string }, cause: unknown): NiceBlobsError {
  return new NiceBlobsError('SOURCE_CHANGED', 'the bytes that were sent are not the bytes that were hashed', {
    subject: `s3://${target.Bucket}/${target.Key}`,
    hint: 'nothing was stored; the file changed meanwhile, or memory or network are faulty',
    cause,
  })
}
