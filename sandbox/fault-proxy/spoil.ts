import { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault, FaultName } from './fault.ts'

/** How an answer is spoiled on its way: what can be done to it, its headers, its body. */

export interface AnswerHead {
  readonly method: string
  /** As in `rawHeaders`: names and values in turns. */
  readonly headers: readonly string[]
  /** Its Content-Length; 0 where none is told. */
  readonly length: number
}

const MORE = Buffer.from('bytes that nobody sent')

/** The headers that are changed, and how. */
const WRONG_HEADERS: Partial<Record<FaultName, readonly [RegExp, (value: string) => string]>> = {
  shortAnswer: [/^content-length$/i, value => String(half(Number(value)))],
  emptyAnswer: [/^content-length$/i, () => '0'],
  longAnswer: [/^content-length$/i, value => String(Number(value) + MORE.length)],
  wrongChecksum: [/^(etag|x-amz-checksum-(?!type|algorithm).+)$/i, withAnotherDigit],
  wrongMetadata: [/^x-amz-meta-sha256$/i, withAnotherDigit],
}

/**
 * The fault that can really be made of this answer. Where there is no body to break off in, the whole answer is lost;
 * undefined where there is nothing to spoil.
 */
export function faultFor(answer: AnswerHead, fault: Fault | undefined): Fault | undefined {
  if (fault === undefined || 'moment' in fault) return fault
  if (fault.name === 'flippedRequest') return undefined
  if (fault.name in WRONG_HEADERS) return spoilHeaders(answer, fault).changed ? fault : undefined
  if (answer.method !== 'HEAD' && answer.length > 0) return fault
  if (fault.name === 'flippedAnswer' || fault.name === 'slowBody') return undefined
  return { name: fault.name === 'stallInBody' ? 'stall' : 'reset', moment: 'after' }
}

export function spoilHeaders({ headers }: AnswerHead, fault: Fault | undefined) {
  const [pattern, change] = (fault && WRONG_HEADERS[fault.name]) ?? []
  const spoiled = headers.map((value, i) =>
    i % 2 === 1 && change && pattern?.test(headers[i - 1] ?? '') ? change(value) : value,
  )
  return { headers: spoiled, changed: spoiled.some((value, i) => value !== headers[i]) }
}

/** What the body goes through; nothing where it stays as it is. */
export function spoilBody({ length }: AnswerHead, fault: Fault | undefined): Duplex[] {
  switch (fault?.name) {
    case 'resetInBody':
    case 'stallInBody':
    case 'shortBody':
    case 'shortAnswer':
      return [changing((chunk, offset) => chunk.subarray(0, Math.max(0, half(length) - offset)))]
    case 'emptyAnswer':
      return [changing(() => Buffer.alloc(0))]
    case 'longAnswer':
      return [changing(chunk => chunk, MORE)]
    case 'flippedAnswer':
      return [flipping(length)]
    case 'slowBody':
      return [trickling(fault.piece, fault.pause)]
    default:
      return []
  }
}

/** Flips a bit in the middle of a body of that length, and tells when it has. */
export function flipping(length: number, flipped = () => {}): Duplex {
  return changing((chunk, offset) => {
    const at = half(length) - offset
    if (at < 0 || at >= chunk.length) return chunk
    const copy = Buffer.from(chunk)
    copy[at] = (copy[at] ?? 0) ^ 1
    flipped()
    return copy
  })
}

function changing(change: (chunk: Buffer, offset: number) => Buffer, behind?: Buffer): Duplex {
  return Duplex.from(async function* (chunks: AsyncIterable<Buffer>) {
    let offset = 0
    for await (const chunk of chunks) {
      yield change(chunk, offset)
      offset += chunk.length
    }
    if (behind) yield behind
  })
}

function trickling(piece: number, pause: number): Duplex {
  return Duplex.from(async function* (chunks: AsyncIterable<Buffer>, { signal }: { signal: AbortSignal }) {
    for await (const chunk of chunks) {
      for (let start = 0; start < chunk.length; start += piece) {
        await delay(pause, undefined, { signal })
        yield chunk.subarray(start, start + piece)
      }
    }
  })
}

function half(length: number): number {
  return Math.floor(length / 2)
}

/** Still a checksum in hex or base64, with quotes or without, but of other bytes. */
function withAnotherDigit(value: string): string {
  return value.replace(/[0-9a-z]/i, digit => (digit === '0' ? '1' : '0'))
}
