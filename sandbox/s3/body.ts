import { randomUUID } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { S3Error } from './answer.ts'
import { type Call, claimedChecksum } from './call.ts'
import { type Algorithm, type Checksum, createHasher, digest } from './checksums.ts'

/** Up to here bytes are held in memory and moved at once, which for small objects is most of the speed. */
export const AT_ONCE = 2 ** 20

type Digests = ReadonlyMap<Algorithm | 'md5' | undefined, Buffer>

/** Bytes to come. */
export interface Source {
  readonly bytes: AsyncIterable<Buffer> | readonly Buffer[]
  /** As promised; which bytes came is for `verify` to say. */
  readonly size: number
  /** Of the checksum to keep: unlike S3, we keep none that nobody asked for. */
  readonly algorithm?: Algorithm | undefined
  readonly signed?: boolean
  verify?(size: number, digests: Digests): void
}

/** Bytes that are complete, but not yet under any name that is served. */
export interface Spooled {
  readonly facts: { size: number; etag: string; checksum: Checksum | undefined }
  /** Puts them in their place; synchronous, as a commit must be, and only once. */
  saveAs(file: string): void
}

/** `use` saves the bytes; when it does not, or the source breaks off, nothing remains of them. */
export async function spool<T>(directory: string, source: Source, use: (spooled: Spooled) => T): Promise<T> {
  const { algorithm, signed } = source
  const names = new Set(['md5' as const, algorithm, signed ? ('sha256' as const) : undefined])
  const hashers = [...names].flatMap(name => (name ? [{ name, hasher: createHasher(name) }] : []))
  const path = join(directory, randomUUID())
  const file = source.size > AT_ONCE ? await open(path, 'wx') : undefined
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of source.bytes) {
      const written = file ? file.writeFile(chunk) : chunks.push(chunk)
      for (const { hasher } of hashers) hasher.update(chunk)
      size += chunk.length
      await written
    }
    await file?.close()
    const digests: Digests = new Map(hashers.map(({ name, hasher }) => [name, hasher.digest()]))
    source.verify?.(size, digests)
    const value = digests.get(algorithm)?.toString('base64') ?? ''
    const checksum = algorithm && { algorithm, type: 'FULL_OBJECT' as const, value }
    const saveAs = (to: string) => (file ? renameSync(path, to) : writeFileSync(to, Buffer.concat(chunks)))
    return use({ facts: { size, etag: digests.get('md5')?.toString('hex') ?? '', checksum }, saveAs })
  } finally {
    await file?.close()
    if (file) await rm(path, { force: true })
  }
}

/** The body of a request, which has to be all that the client says of it. One that breaks off is an error. */
export function bodyOf(call: Call): Source {
  const length = call.header('content-length')
  if (length === undefined) throw new S3Error(411, 'MissingContentLength', 'The body has no length')
  const verify = (size: number, digests: Digests) => verifyClaims(call, size, name => digests.get(name))
  const algorithm = claimedChecksum(call)?.algorithm
  return {
    bytes: call.incoming,
    size: Number(length),
    algorithm,
    signed: signedHash(call) !== undefined,
    verify,
  }
}

/** For the small documents that come as a body. */
export async function receiveXml(call: Call): Promise<string> {
  const body = Buffer.concat(await call.incoming.toArray())
  verifyClaims(call, body.length, algorithm => digest(algorithm, body))
  return body.toString()
}

function verifyClaims(
  call: Call,
  size: number,
  digestBy: (algorithm: Algorithm | 'md5') => Buffer | undefined,
): void {
  const length = Number(call.header('content-length') ?? size)
  if (size !== length) throw new S3Error(400, 'IncompleteBody', `Received ${size} of ${length} bytes`)
  const hash = signedHash(call)
  if (hash !== undefined && hash !== digestBy('sha256')?.toString('hex'))
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', 'The body is not the one whose SHA-256 was signed')
  const md5 = { algorithm: 'md5' as const, value: call.header('content-md5') }
  for (const { algorithm, value } of [md5, claimedChecksum(call) ?? md5]) {
    if (value !== undefined && value !== digestBy(algorithm)?.toString('base64'))
      throw new S3Error(400, 'BadDigest', `The ${algorithm} you specified did not match what we received`)
  }
}

/** The SHA-256 of the body by which the request was signed; undefined when the body was not signed. */
function signedHash({ header }: Call): string | undefined {
  const hash = header('x-amz-content-sha256')
  if (hash === 'UNSIGNED-PAYLOAD') return undefined
  if (hash?.startsWith('STREAMING-')) throw new S3Error(501, 'NotImplemented', `Bodies sent as ${hash}`)
  if (hash !== undefined && /^[0-9a-f]{64}$/.test(hash)) return hash
  throw new S3Error(400, 'InvalidRequest', 'x-amz-content-sha256 has to be a SHA-256 in hex')
}
