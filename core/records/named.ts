import type { Ref } from '../model/ref.ts'
import { advance, type RecordCursor } from './record-cursor.ts'
import { compareRecords, WORDS, writeRef } from './words.ts'

/** What a part names, for whoever asks in ascending order. */
export interface Named {
  has(ref: Ref): boolean
}

export function createNamed(cursor: RecordCursor): Named {
  const asked = new Uint32Array(WORDS)
  const before = new Uint32Array(WORDS)
  return {
    has(ref) {
      before.set(asked)
      writeRef(asked, ref)
      // An answer to a question out of order would be a no, and a no condemns.
      if (compareRecords(asked, 0, before, 0) < 0) throw new Error('refs were asked for out of their order')
      return seek(cursor, asked, 0)
    },
  }
}

/** Goes on to a record, or where it would stand. */
export function seek(cursor: RecordCursor, asked: Uint32Array, at: number): boolean {
  while (!cursor.ended) {
    const order = compareRecords(cursor.words, cursor.at, asked, at)
    if (order >= 0) return order === 0
    advance(cursor)
  }
  return false
}
