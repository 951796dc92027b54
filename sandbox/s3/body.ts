import { randomUUID } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { refuse } from './answer.ts'
import type { Call } from './call.ts'
import { type Algorithm, algorithmOf, type Checksum, createHasher } from './checksums.ts'

/** Up to here bytes are held in memory and moved at once, which for small objects is most of the speed. */
export const AT_ONCE = 2 ** 20

/** Bytes to come, the algorithm of the checksum to keep with them, and what they are claimed to be. */
export interface Source {
  readonly bytes: AsyncIterable<Buffer> | readonly Buffer[]
  readonly size: number
  readonly algorithm?: Algorithm | undefined
  readonly claims?: readonly Claim[]
}

/** The code is that of the error when it is not true. */
type Claim = readonly [
  name: Algorithm | 'md5',
  encoding: 'base64' | 'hex',
  value: string | undefined,
  code: string,
]

/** Bytes that are complete, but not yet under any name that is served. */
export interface Spooled {
  readonly facts: { size: number; etag: string; checksum: Checksum | undefined }
  /** Puts them in their place; synchronous, as a commit must be, and only once. */
  saveAs(file: string): void
}

/** `use` saves the bytes; when it does not, or the source breaks off, nothing remains of them. */
export async function spool<T>(directory: string, source: Source, use: (spooled: Spooled) => T): Promise<T> {
  const { algorithm, claims = [] } = source
  const algorithms = new Set<Algorithm | 'md5'>([...claims.map(([name]) => name), algorithm ?? 'md5', 'md5'])
  const hashers = new Map([...algorithms].map(name => [name, createHasher(name)]))
  const path = join(directory, randomUUID())
  const file = source.size > AT_ONCE ? await open(path, 'wx') : undefined
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of source.bytes) {
      const written = file ? file.writeFile(chunk) : chunks.push(chunk)
      for (const hasher of hashers.values()) hasher.update(chunk)
      size += chunk.length
      await written
    }
    await file?.close()
    const digests = new Map([...hashers].map(([name, hasher]) => [name, hasher.digest()]))
    for (const [name, encoding, claimed, code] of claims)
      if (claimed !== digests.get(name)?.toString(encoding)) refuse(400, code, `The ${name} is another one`)
    const value = algorithm && digests.get(algorithm)?.toString('base64')
    const checksum = algorithm && value ? { algorithm, type: 'FULL_OBJECT' as const, value } : undefined
    const saveAs = (to: string) => (file ? renameSync(path, to) : writeFileSync(to, Buffer.concat(chunks)))
    return use({ facts: { size, etag: digests.get('md5')?.toString('hex') ?? '', checksum }, saveAs })
  } finally {
    await file?.close()
    if (file) await rm(path, { force: true })
  }
}

/** The body of a request; one that ends before its length is an error of its stream. */
export function bodyOf({ incoming, header }: Call): Source {
  const size = header('content-length') ?? refuse(411, 'MissingContentLength', 'The body has no length')
  const hash = header('x-amz-content-sha256') ?? ''
  if (!/^(UNSIGNED-PAYLOAD|[0-9a-f]{64})$/.test(hash)) refuse(501, 'NotImplemented', `Bodies sent as ${hash}`)
  const names = Object.keys(incoming.headers).filter(name => /^x-amz-checksum-(?!type)/.test(name))
  const [algorithm, another] = names.map(name => algorithmOf(name.replace('x-amz-checksum-', '')))
  if (another) refuse(400, 'InvalidRequest', 'Expecting a single x-amz-checksum- header')
  const claims: Claim[] = [
    ['sha256', 'hex', hash, 'XAmzContentSHA256Mismatch'],
    ['md5', 'base64', header('content-md5'), 'BadDigest'],
    [algorithm ?? 'md5', 'base64', header(names[0] ?? ''), 'BadDigest'],
  ]
  const made = claims.filter(([, , value]) => value !== undefined && value !== 'UNSIGNED-PAYLOAD')
  return { bytes: incoming, size: Number(size), algorithm, claims: made }
}

/** For the small documents that come as a body. */
export async function receiveXml(call: Call): Promise<string> {
  const chunks: Buffer[] = await call.incoming.toArray()
  return spool('', { ...bodyOf(call), bytes: chunks, size: 0 }, () => Buffer.concat(chunks).toString())
}
