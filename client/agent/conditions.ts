import type { IncomingHttpHeaders } from 'node:http'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import { type Application, applicationOf } from './redirect.ts'

/** What the headers of a request make of its answer. */
export interface Conditions {
  range?: string | undefined
  ifNoneMatch?: string | undefined
  application: Application
}

/**
 * A part of another revision is of no use: with If-Range, which would have to name it, all is sent unless it names the tag
 * (RFC 9110, section 13.1.5).
 */
export function conditionsOf(headers: IncomingHttpHeaders, tag: string | undefined): Conditions {
  const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = headers
  const ranged = ifRange === undefined || ifRange === tag ? range : undefined
  return { range: ranged, ifNoneMatch, application: applicationOf(headers) }
}

/** The same on all hosts and tiers: the bytes of a ref never change. */
export function entityTag(ref: Ref): string {
  return `"${formatRef(ref).replace('/', '-')}"`
}

/**
 * Whether whoever asks has it already (RFC 9110, section 13.1.2). `*` asks for any revision there is, which nobody knows before the
 * blob was looked for, and is passed over.
 */
export function isCurrent(ifNoneMatch: string | undefined, tag: string): boolean {
  const known = ifNoneMatch?.split(',').map(each => each.trim().replace(/^W\//, '')) ?? []
  return known.includes(tag)
}
