import { createHash } from 'node:crypto'
import { type Bytes, sizeOf } from './oracle.ts'

const names = new Map<string, Bytes>()

export function contentOf(bytes: Bytes): Buffer {
  const content = Buffer.alloc(sizeOf(bytes), Number(bytes.split('×')[1]))
  names.set(sha256(content), bytes)
  return content
}

/** What a content is called; torn or mixed ones have no name. */
export const nameOf = (content: Uint8Array): Bytes => nameOfSha256(sha256(content))

export function nameOfSha256(hash: string): Bytes {
  const name = names.get(hash)
  if (name === undefined) throw new Error(`bytes that nobody has made: ${hash}`)
  return name
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
