import { readSync } from 'node:fs'
import { RECORD_BYTES } from '../model/record.ts'
import { swapRecords, WORDS } from './words.ts'

/** Sorted records of a file, seen one at a time. */
export interface RecordCursor {
  /** The current record is in these words at `at`; nothing is there once it has ended. */
  readonly words: Uint32Array
  at: number
  /** Where the words end that were read. */
  end: number
  ended: boolean
  /** What is not read yet, in bytes of the file. */
  position: number
  readonly last: number
  readonly bytes: Buffer
  readonly descriptor: number
}

/** Records that stand from byte `from` to byte `to`; it holds `chunk` of them in memory. */
export function openCursor(descriptor: number, from: number, to: number, chunk = 4_096): RecordCursor {
  const room = new ArrayBuffer(chunk * RECORD_BYTES)
  const cursor: RecordCursor = {
    ...{ words: new Uint32Array(room), bytes: Buffer.from(room), at: 0, end: 0, ended: false },
    ...{ position: from, last: to, descriptor },
  }
  fill(cursor)
  return cursor
}

export function advance(cursor: RecordCursor): void {
  cursor.at += WORDS
  if (cursor.at >= cursor.end) fill(cursor)
}

/** Synchronously: what was written a moment ago is in memory still, and a promise for each chunk costs more than the chunk. */
function fill(cursor: RecordCursor): void {
  const { bytes, descriptor, last } = cursor
  const wanted = Math.min(bytes.length, last - cursor.position)
  for (let filled = 0; filled < wanted; ) {
    const read = readSync(descriptor, bytes, filled, wanted - filled, cursor.position + filled)
    if (read === 0) throw new Error('a scratch file is shorter than what was written')
    filled += read
  }
  swapRecords(bytes.subarray(0, wanted))
  cursor.position += wanted
  cursor.at = 0
  cursor.end = wanted / Uint32Array.BYTES_PER_ELEMENT
  cursor.ended = wanted === 0
}
