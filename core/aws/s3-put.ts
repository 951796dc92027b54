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

interface Put {
  target: { Bucket: string; Key: string }
  checksums: BucketConfig['checksums']
  facts: BlobFacts
  bytes: BlobBytes
  signal: AbortSignal | undefined
}

/** One conditional upload (I3); the bucket refuses bytes that are not the ones that were hashed. */
export async function putObject(client: S3Client, put: Put): Promise<PutResult> {
  try {
    const { VersionId } = await (put.facts.size < MULTIPART_FROM ? putWhole : putParts)(client, put)
    return { outcome: 'stored', vouched: put.checksums === 'server', versionId: knownVersion(VersionId) }
  } catch (error) {
    if (hasName(error, 'PreconditionFailed', '412')) return { outcome: 'present' }
    if (hasName(error, 'BadDigest', 'InvalidDigest', 'XAmzContentSHA256Mismatch'))
      throw bytesRefused(put, error)
    throw error
  }
}

function putWhole(client: S3Client, put: Put): Promise<{ VersionId?: string | undefined }> {
  const { facts, bytes, signal } = put
  const checksum = put.checksums === 'server' ? { ChecksumSHA256: hexToBase64(facts.sha256) } : {}
  const body = { Body: bytes.open(), ContentLength: facts.size }
  const command = new PutObjectCommand({ ...conditionalInput(put), ...checksum, ...body })
  return client.send(command, signal ? { abortSignal: signal } : {})
}

function putParts(client: S3Client, put: Put): Promise<{ VersionId?: string | undefined }> {
  const { facts, bytes, signal } = put
  const abortController = new AbortController()
  const abort = () => abortController.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  const checksum = put.checksums === 'server' ? { ChecksumAlgorithm: 'SHA256' as const } : {}
  const body = { Body: Readable.from(hashedParts(bytes, facts)), ContentLength: facts.size }
  const upload = new Upload({
    client,
    params: { ...conditionalInput(put), ...checksum, ...body },
    partSize: Math.max(SMALLEST_PART, Math.ceil(facts.size / LARGEST_COUNT)),
    queueSize: PARTS_AT_A_TIME,
    abortController,
  })
  return upload.done().finally(() => signal?.removeEventListener('abort', abort))
}

function conditionalInput({ target, facts }: Put) {
  return { ...target, ...objectAttributes(facts), IfNoneMatch: '*' }
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

function bytesRefused({ target }: Put, cause: unknown): NiceBlobsError {
  return new NiceBlobsError('SOURCE_CHANGED', 'the bytes that were sent are not the bytes that were hashed', {
    subject: `s3://${target.Bucket}/${target.Key}`,
    hint: 'nothing was stored; the file changed meanwhile, or memory or network are faulty',
    cause,
  })
}
