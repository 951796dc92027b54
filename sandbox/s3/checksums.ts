import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { refuse } from './answer.ts'

export type Algorithm = 'crc32' | 'crc64nvme' | 'sha256'

/** FULL_OBJECT: of the bytes; COMPOSITE: of the digests of the parts, with `-N` behind it for their number. */
export interface Checksum {
  readonly algorithm: Algorithm
  readonly type: 'COMPOSITE' | 'FULL_OBJECT'
  /** In base64, as in the headers. */
  readonly value: string
}

export interface Hasher {
  update(chunk: Uint8Array): unknown
  /** Once only. */
  digest(): Buffer
}

export function createHasher(algorithm: Algorithm | 'md5'): Hasher {
  if (algorithm === 'crc32') return createCrc(4, (chunk, crc) => BigInt(crc32(chunk, Number(crc))))
  if (algorithm === 'crc64nvme') return createCrc(8, crc64nvme)
  return createHash(algorithm)
}

export function algorithmOf(name: string): Algorithm {
  const found = (['crc32', 'crc64nvme', 'sha256'] as const).find(each => each === name.toLowerCase())
  return found ?? refuse(501, 'NotImplemented', `Checksum algorithm ${name}`)
}

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {}
  return { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': checksum.type }
}

export function checksumElements(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {}
  return { [`Checksum${checksum.algorithm.toUpperCase()}`]: checksum.value, ChecksumType: checksum.type }
}

function createCrc(length: number, step: (chunk: Uint8Array, crc: bigint) => bigint): Hasher {
  let crc = 0n
  return {
    update: chunk => {
      crc = step(chunk, crc)
    },
    digest: () => Buffer.from(crc.toString(16).padStart(2 * length, '0'), 'hex'),
  }
}

const ONES = 2n ** 64n - 1n
const CRC64 = Array.from({ length: 256 }, (_, byte) => {
  let crc = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n
  return crc
})

/** Reflected, its starting value and final xor all ones. BigInt is slow; our adapter never asks for this one. */
function crc64nvme(chunk: Uint8Array, before: bigint): bigint {
  let crc = before ^ ONES
  for (const byte of chunk) crc = (CRC64[Number(crc & 0xffn) ^ byte] ?? 0n) ^ (crc >> 8n)
  return crc ^ ONES
}
