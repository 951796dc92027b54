import type { IncomingMessage } from 'node:http'
import { draw } from '../draw.ts'
import { divide } from '../s3/call.ts'
import { findOperation } from '../s3/operations.ts'
import type { Fault } from './fault.ts'

/** A request and its answer, as whoever chooses a fault knows it. */
export interface Exchange {
  /** From 1, in the order in which they begin. */
  readonly number: number
  readonly method: string
  /** As it was sent, without the query. */
  readonly path: string
  /** Such as GetObject or PutItem; undefined for what the sandbox has no name for. */
  readonly action: string | undefined
}

export type Choose = (exchange: Exchange) => Fault | undefined

/** The first exchange gets the first fault, and so on; those behind the last one get none. */
export function bySchedule(faults: readonly (Fault | undefined)[]): Choose {
  return ({ number }) => faults[number - 1]
}

/** A share (0 to 1) of the exchanges gets one of the faults; the seed and an exchange's number alone decide which. */
export function bySeed(seed: number, share: number, faults: readonly Fault[]): Choose {
  return ({ number }) => {
    if (draw(seed, 2 * number) >= share) return undefined
    return faults[Math.floor(draw(seed, 2 * number + 1) * faults.length)]
  }
}

export function describeExchange(number: number, incoming: IncomingMessage): Exchange {
  const { method = '', url = '', headers } = incoming
  const [path, search] = divide(url, '?')
  const [, dynamoAction] = divide(headers['x-amz-target']?.toString() ?? '', '.')
  const action = dynamoAction || s3Action(incoming, path, search)
  return { number, method, path, action }
}

function s3Action(incoming: IncomingMessage, path: string, search: string): string | undefined {
  const [, key] = divide(path.slice(1), '/')
  try {
    return findOperation(incoming, key, new URLSearchParams(search))[0]
  } catch {
    return undefined
  }
}
