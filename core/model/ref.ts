import { NiceBlobsError } from './errors.ts'

/** 16 lower-case hex digits: eight bytes, as ZODB has them. */
export type HexId = string

/** The identity of a blob: which object, written by which transaction. */
export interface Ref {
  readonly oid: HexId
  readonly tid: HexId
}

const HEX_ID = /^[0-9a-f]{16}$/

export function isHexId(text: string): text is HexId {
  return HEX_ID.test(text)
}

/** `00000000000004d2/03d167f919308700`, the form people and programs write a ref in. */
export function formatRef(ref: Ref): string {
  return `${ref.oid}/${ref.tid}`
}

/** The exact inverse of formatRef; an id never becomes part of a path before it has passed here. */
export function parseRef(text: string): Ref {
  const [oid = '', tid, ...rest] = text.split('/')
  return tid !== undefined && rest.length === 0 ? makeRef(oid, tid) : rejectRef(text)
}

export function makeRef(oid: string, tid: string): Ref {
  return isHexId(oid) && isHexId(tid) ? { oid, tid } : rejectRef(`${oid}/${tid}`)
}

function rejectRef(text: string): never {
  throw new NiceBlobsError('REF_INVALID', `not a ref: ${JSON.stringify(text.slice(0, 80))}`, {
    subject: text.slice(0, 80),
    hint: 'write the oid and the tid as 16 lower-case hex digits each: 00000000000004d2/03d167f919308700',
  })
}
