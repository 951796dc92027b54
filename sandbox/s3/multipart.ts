import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, contentsOf, S3Error, xml } from './answer.ts'
import { AT_ONCE, bodyOf, receiveXml, type Source, type Spooled, spool } from './body.ts'
import { now, readJson, replaceFile, type StoredObject } from './bucket.ts'
import { attributesOf, type Call, requestedAlgorithm } from './call.ts'
import { type Algorithm, checksumElements, checksumHeaders, digest } from './checksums.ts'
import { copySource, writeObject } from './objects.ts'

const SMALLEST_PART = 5 * 2 ** 20

/** Kept in `<bucket>/uploads/<upload id>/{upload.json,7.json,<uuid>.bytes}` and read whenever it is needed. */
interface Upload extends Pick<StoredObject, 'headers' | 'storageClass'> {
  readonly directory: string
  readonly key: string
  readonly algorithm?: Algorithm
}

interface Part extends Pick<StoredObject, 'size' | 'etag' | 'checksum'> {
  readonly number: number
  /** New each time the part is sent. */
  readonly file: string
}

export function createMultipartUpload(call: Call): Answer {
  const { bucket, key } = call
  const algorithm = requestedAlgorithm(call)
  if (algorithm === 'crc64nvme' || call.header('x-amz-checksum-type') === 'FULL_OBJECT')
    throw new S3Error(501, 'NotImplemented', 'Checksums of the whole for what comes in parts')
  const uploadId = randomUUID()
  mkdirSync(bucket.path('uploads', uploadId))
  const upload = JSON.stringify({ key, algorithm, ...attributesOf(call) })
  replaceFile(bucket.path('uploads', uploadId, 'upload.json'), upload)
  const result = { Bucket: bucket.name, Key: key, UploadId: uploadId }
  return { body: xml('InitiateMultipartUploadResult', result) }
}

export async function uploadPart(call: Call): Promise<Answer> {
  const source = bodyOf(call)
  const { algorithm } = findUpload(call)
  if (algorithm && algorithm !== source.algorithm)
    throw new S3Error(400, 'InvalidRequest', `The upload was begun with checksums by ${algorithm}`)
  const { etag, checksum } = await writePart(call, source)
  return { headers: { etag: `"${etag}"`, ...checksumHeaders(checksum) } }
}

export async function uploadPartCopy(call: Call): Promise<Answer> {
  const { source, headers } = copySource(call)
  const { etag, checksum } = await writePart(call, { ...source, algorithm: findUpload(call).algorithm })
  const result = { LastModified: now(), ETag: `"${etag}"`, ...checksumElements(checksum) }
  return { headers, body: xml('CopyPartResult', result) }
}

export async function completeMultipartUpload(call: Call): Promise<Answer> {
  const { directory, headers, storageClass, algorithm } = findUpload(call)
  const parts = chosenParts(await receiveXml(call), directory)
  const digests = parts.map(part => Buffer.from(part.etag, 'hex'))
  const known = { headers, storageClass, etag: ofParts('md5', 'hex', digests), checksum: undefined }
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  // It may have been aborted while its parts were being joined.
  const verify = () => void findUpload(call)
  const source = { bytes: joined(directory, parts), size, verify }
  const { object, headers: versionHeaders } = await writeObject(call, source, {
    ...known,
    ...composite(parts, algorithm),
  })
  rmSync(directory, { recursive: true })
  const result = { Bucket: call.bucket.name, Key: call.key, ETag: `"${object.etag}"` }
  const body = xml('CompleteMultipartUploadResult', { ...result, ...checksumElements(object.checksum) })
  return { headers: versionHeaders, body }
}

export function abortMultipartUpload(call: Call): Answer {
  rmSync(findUpload(call).directory, { recursive: true })
  return { status: 204 }
}

function findUpload({ bucket, key, query }: Call): Upload {
  const uploadId = query.get('uploadId') ?? ''
  const directory = bucket.path('uploads', uploadId)
  const record = join(directory, 'upload.json')
  if (/^[0-9a-f-]{36}$/.test(uploadId) && existsSync(record)) {
    const upload = { ...readJson<Upload>(record), directory }
    if (upload.key === key) return upload
  }
  throw new S3Error(404, 'NoSuchUpload', 'There is no such upload; it may have been aborted or completed')
}

function writePart(call: Call, source: Source): Promise<Spooled['facts']> {
  const number = Number(call.query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw new S3Error(400, 'InvalidArgument', 'A part number is from 1 to 10000')
  return spool(call.store.spoolDirectory, source, ({ facts, saveAs }) => {
    const { directory } = findUpload(call)
    const file = `${randomUUID()}.bytes`
    saveAs(join(directory, file))
    replaceFile(join(directory, `${number}.json`), JSON.stringify({ ...facts, number, file }))
    return facts
  })
}

function chosenParts(document: string, directory: string): Part[] {
  const parts = contentsOf(document, 'Part').map(element => chosenPart(element, directory))
  if (parts.length === 0) throw new S3Error(400, 'MalformedXML', 'Expected the parts of a multipart upload')
  for (const [at, { number, size }] of parts.entries()) {
    const next = parts[at + 1]
    if (next && next.number <= number)
      throw new S3Error(400, 'InvalidPartOrder', 'Parts must be in ascending order')
    if (next && size < SMALLEST_PART)
      throw new S3Error(400, 'EntityTooSmall', 'All parts but the last have at least 5 MiB')
  }
  return parts
}

function chosenPart(element: string, directory: string): Part {
  const [number] = contentsOf(element, 'PartNumber')
  const [etag] = contentsOf(element, 'ETag')
  const record = join(directory, `${Number(number)}.json`)
  const part = existsSync(record) ? readJson<Part>(record) : undefined
  if (part && part.etag === etag?.replace(/"|&quot;/g, '')) return part
  throw new S3Error(400, 'InvalidPart', 'A part was not found, or is another than the one that was sent')
}

async function* joined(directory: string, parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const { file } of parts) yield* createReadStream(join(directory, file), { highWaterMark: AT_ONCE })
}

function composite(parts: readonly Part[], algorithm: Algorithm | undefined) {
  if (algorithm === undefined) return {}
  const digests = parts.map(part => Buffer.from(part.checksum?.value ?? '', 'base64'))
  return { checksum: { algorithm, type: 'COMPOSITE' as const, value: ofParts(algorithm, 'base64', digests) } }
}

/** As S3 makes an ETag or a checksum of those of the parts: `9b2cf535f27731c974343645a3985328-2` */
function ofParts(
  algorithm: Algorithm | 'md5',
  encoding: 'hex' | 'base64',
  digests: readonly Buffer[],
): string {
  return `${digest(algorithm, Buffer.concat(digests)).toString(encoding)}-${digests.length}`
}
