import { randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, contentsOf, refuse, xml } from './answer.ts'
import { AT_ONCE, bodyOf, receiveXml, type Source, type Spooled, spool } from './body.ts'
import { readJson, replaceFile, type StoredObject } from './bucket.ts'
import { attributesOf, type Call, requestedAlgorithm } from './call.ts'
import { type Algorithm, checksumElements, checksumHeaders, createHasher } from './checksums.ts'
import { customerKey } from './customer-keys.ts'
import { copySource, writeObject } from './objects.ts'

const SMALLEST_PART = 5 * 2 ** 20
const UUID = /^[0-9a-f-]{36}$/

/** Kept in `<bucket>/uploads/<upload id>/{upload.json,7.json,<uuid>.bytes}` and read whenever it is needed. */
type Upload = Pick<StoredObject, 'headers' | 'storageClass'> & { key: string; algorithm?: Algorithm }
/** Its file is a new one each time the part is sent. */
type Part = Spooled['facts'] & { number: number; file: string }

export function createMultipartUpload(call: Call): Answer {
  const { bucket, key } = call
  const algorithm = requestedAlgorithm(call)
  if (algorithm === 'crc64nvme' || call.header('x-amz-checksum-type') === 'FULL_OBJECT')
    refuse(501, 'NotImplemented', 'Checksums of the whole for what comes in parts')
  if (customerKey(call)) refuse(501, 'NotImplemented', 'Customer keys for what comes in parts')
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
    refuse(400, 'InvalidRequest', `The upload was begun with checksums by ${algorithm}`)
  const { etag, checksum } = await writePart(call, source)
  return { headers: { etag: `"${etag}"`, ...checksumHeaders(checksum) } }
}

export async function uploadPartCopy(call: Call): Promise<Answer> {
  const { source, headers } = copySource(call)
  const { etag, checksum } = await writePart(call, { ...source, algorithm: findUpload(call).algorithm })
  const result = { LastModified: call.bucket.timestamp(), ETag: `"${etag}"`, ...checksumElements(checksum) }
  return { headers, body: xml('CopyPartResult', result) }
}

export async function completeMultipartUpload(call: Call): Promise<Answer> {
  const { directory, headers, storageClass, algorithm } = findUpload(call)
  const parts = chosenParts(await receiveXml(call), directory)
  const etag = ofParts(
    'md5',
    'hex',
    parts.map(part => part.etag),
  )
  const values = parts.map(part => part.checksum?.value ?? '')
  const composite = algorithm && {
    algorithm,
    type: 'COMPOSITE' as const,
    value: ofParts(algorithm, 'base64', values),
  }
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const known = { headers, storageClass, etag, checksum: composite }
  const written = await writeObject(
    call,
    'CompleteMultipartUpload',
    { bytes: joined(directory, parts), size },
    known,
  )
  rmSync(directory, { recursive: true, force: true })
  const result = {
    Bucket: call.bucket.name,
    Key: call.key,
    ETag: `"${etag}"`,
    ...checksumElements(composite),
  }
  return { headers: written.headers, body: xml('CompleteMultipartUploadResult', result) }
}

export function abortMultipartUpload(call: Call): Answer {
  rmSync(findUpload(call).directory, { recursive: true })
  return { status: 204 }
}

function findUpload({ bucket, key, query }: Call): Upload & { directory: string } {
  const uploadId = query.get('uploadId') ?? ''
  const directory = bucket.path('uploads', uploadId)
  const upload = UUID.test(uploadId) ? readJson<Upload>(join(directory, 'upload.json')) : undefined
  return upload?.key === key
    ? { ...upload, directory }
    : refuse(404, 'NoSuchUpload', 'There is no such upload')
}

function writePart(call: Call, source: Source): Promise<Spooled['facts']> {
  const number = Number(call.query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    refuse(400, 'InvalidArgument', 'A part number is from 1 to 10000')
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
  if (parts.length === 0) refuse(400, 'MalformedXML', 'Expected the parts of a multipart upload')
  for (const [at, { number, size }] of parts.entries()) {
    const next = parts[at + 1]
    if (next && next.number <= number) refuse(400, 'InvalidPartOrder', 'Parts must be in ascending order')
    if (next && size < SMALLEST_PART) refuse(400, 'EntityTooSmall', 'All parts but the last have 5 MiB')
  }
  return parts
}

function chosenPart(element: string, directory: string): Part {
  const part = readJson<Part>(join(directory, `${Number(contentsOf(element, 'PartNumber')[0])}.json`))
  const etag = contentsOf(element, 'ETag')[0]?.replace(/"|&quot;/g, '')
  return part?.etag === etag && part ? part : refuse(400, 'InvalidPart', 'No such part, or another one')
}

async function* joined(directory: string, parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const { file } of parts) yield* createReadStream(join(directory, file), { highWaterMark: AT_ONCE })
}

/** As S3 makes an ETag or a checksum of those of the parts: `9b2cf535f27731c974343645a3985328-2` */
function ofParts(
  algorithm: Algorithm | 'md5',
  encoding: 'hex' | 'base64',
  values: readonly string[],
): string {
  const hasher = createHasher(algorithm)
  for (const value of values) hasher.update(Buffer.from(value, encoding))
  return `${hasher.digest().toString(encoding)}-${values.length}`
}
