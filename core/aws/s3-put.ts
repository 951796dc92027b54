import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { PutObjectCommand, type S3Client, UploadPartCommand } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { BucketConfig } from '../model/config.ts'
import { NiceBlobsError } from '../model/errors.ts'
import type { BlobBytes, BlobFacts, PutResult } from '../ports.ts'
import { isPassing, type Retry, repeat } from './retry.ts'
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
  retry: Retry
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

/** The SDK repeats what it holds in memory, but cannot rewind a stream and takes a 409 for final. */
function putWhole(client: S3Client, put: Put): Promise<{ VersionId?: string | undefined }> {
  const covered = put.checksums === 'server'
  let body: Buffer | Readable
  const work = () => {
    body = covered ? put.bytes.open() : Readable.from(hashedBytes(put.bytes, put.facts))
    return sendWhole(client, put, body)
  }
  const mayRepeat = (error: unknown) => (!Buffer.isBuffer(body) && isPassing(error)) || isConflict(error)
  return repeat(put.retry, work, mayRepeat, put.signal)
}

async function sendWhole(client: S3Client, put: Put, body: Buffer | Readable) {
  const { checksums, facts, signal } = put
  const checksum = checksums === 'server' ? { ChecksumSHA256: hexToBase64(facts.sha256) } : {}
  const command = new PutObjectCommand({
    ...conditionalInput(put),
    ...checksum,
    Body: body,
    ContentLength: facts.size,
  })
  const broken = new AbortController()
  // The SDK does not listen for errors of a body; unheard, one would end the process.
  if (!Buffer.isBuffer(body)) body.once('error', error => broken.abort(error))
  try {
    const abortSignal = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal
    return await client.send(command, { abortSignal })
  } catch (error) {
    throw broken.signal.aborted ? broken.signal.reason : error
  } finally {
    if (!Buffer.isBuffer(body)) body.destroy()
  }
}

/** The SDK repeats each part; what it gives up it aborts, so that no part remains. */
function putParts(client: S3Client, put: Put): Promise<{ VersionId?: string | undefined }> {
  return repeat(put.retry, () => sendParts(client, put), isConflict, put.signal)
}

function sendParts(client: S3Client, put: Put) {
  const { facts, bytes, signal } = put
  const abortController = new AbortController()
  const abort = () => abortController.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  const checksum = put.checksums === 'server' ? { ChecksumAlgorithm: 'SHA256' as const } : {}
  const body = { Body: Readable.from(hashedBytes(bytes, facts)), ContentLength: facts.size }
  const upload = new Upload({
    client: guarded(client),
    params: { ...conditionalInput(put), ...checksum, ...body },
    partSize: Math.max(SMALLEST_PART, Math.ceil(facts.size / LARGEST_COUNT)),
    queueSize: PARTS_AT_A_TIME,
    abortController,
  })
  return upload.done().finally(() => signal?.removeEventListener('abort', abort))
}

/** Given no id for the upload, the SDK would send each part as an object, over whatever has the key (I3). */
function guarded(client: S3Client): S3Client {
  const send = (command: { input: object }, ...rest: []) => {
    if (command instanceof UploadPartCommand && !command.input.UploadId)
      throw new Error('no id for the upload')
    return client.send(command as UploadPartCommand, ...rest)
  }
  return Object.create(client, { send: { value: send } })
}

/** Somebody else is writing the same key at this moment; who was first is known a moment later. */
function isConflict(error: unknown): boolean {
  return hasName(error, 'ConditionalRequestConflict')
}

function conditionalInput({ target, facts }: Put) {
  return { ...target, ...objectAttributes(facts), IfNoneMatch: '*' }
}

/**
 * Where the bucket's checksum does not cover the whole, what leaves is hashed once more on its way. The last chunk is
 * held back until the hash is known, so that other bytes than the facts tell of never become a whole object.
 */
async function* hashedBytes(bytes: BlobBytes, facts: BlobFacts): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let last: Uint8Array | undefined
  for await (const chunk of chunksOf(bytes)) {
    hash.update(chunk)
    if (last) yield last
    last = chunk
  }
  if (hash.digest('hex') !== facts.sha256)
    throw Object.assign(new Error('other bytes than hashed'), { name: 'BadDigest' })
  if (last) yield last
}

async function* chunksOf(bytes: BlobBytes): AsyncGenerator<Uint8Array> {
  const opened = bytes.open()
  if (Buffer.isBuffer(opened)) yield opened
  else yield* opened
}

function bytesRefused({ target }: Put, cause: unknown): NiceBlobsError {
  return new NiceBlobsError('SOURCE_CHANGED', 'the bytes that were sent are not the bytes that were hashed', {
    subject: `s3://${target.Bucket}/${target.Key}`,
    hint: 'nothing was stored; the file changed meanwhile, or memory or network are faulty',
    cause,
  })
}
