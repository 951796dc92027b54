import { NiceBlobsError } from '../model/errors.ts'
import { WORDS } from './words.ts'

/** A line `<oid> <tid>` with its end, in bytes. */
const LINE = 34
const DIGITS_OF_WORD = 8
/** No more of a line that is none is kept. */
const LONGEST_LINE = 64
/** Bytes that are looked at in one turn. */
const PIECE = 65_536
const CLOSING = /^end (0|[1-9]\d{0,14})$/
const [NEWLINE, SPACE, NO_DIGIT] = [0x0a, 0x20, 0xff]

const DIGITS = new Uint8Array(256).fill(NO_DIGIT)
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value

/**
 * The records of a live report's text (docs/formats.md, "Live report"), some thousand at a time, however its lines are divided into
 * chunks. It ends without an error only after the line that says how many lines there are.
 */
export async function* readReportText(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint32Array> {
  const reading = { lines: 0, told: undefined as number | undefined }
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PIECE) {
      const piece = Buffer.concat([rest, chunk.subarray(from, from + PIECE)])
      const { records, read } = readLines(piece, reading)
      if (records.length > 0) yield records
      rest = piece.subarray(read)
      if (rest.length > LONGEST_LINE) rejectLine(rest, reading.lines + 1)
    }
  }
  if (rest.length > 0 && CLOSING.test(textOf(rest))) readLastLine(rest, reading)
  else if (rest.length > 0 || reading.told === undefined)
    throw cutOff(`its closing line is missing after ${reading.lines} lines`)
}

interface Reading {
  /** So far. */
  lines: number
  /** By the closing line. */
  told: number | undefined
}

function readLines(piece: Buffer, reading: Reading): { records: Uint32Array; read: number } {
  const words = new Uint32Array(Math.floor(piece.length / LINE) * WORDS)
  let [at, filled] = [0, 0]
  for (;;) {
    const end = piece[at + LINE - 1] === NEWLINE ? at + LINE - 1 : piece.indexOf(NEWLINE, at)
    if (end === -1) break
    if (reading.told !== undefined) throw cutOff('there is more after its closing line')
    if (readRecord(piece, at, end, words, filled)) {
      filled += WORDS
      reading.lines += 1
    } else readLastLine(piece.subarray(at, end), reading)
    at = end + 1
  }
  return { records: words.subarray(0, filled), read: at }
}

function readRecord(piece: Buffer, at: number, end: number, words: Uint32Array, filled: number): boolean {
  if (end - at !== LINE - 1 || piece[at + 16] !== SPACE) return false
  let wrong = 0
  for (let word = 0; word < WORDS; word += 1) {
    // Behind the space from the third on.
    const from = at + word * DIGITS_OF_WORD + (word >> 1)
    let value = 0
    for (let i = from; i < from + DIGITS_OF_WORD; i += 1) {
      const digit = DIGITS[piece[i] as number] as number
      wrong |= digit
      value = (value << 4) | digit
    }
    words[filled + word] = value
  }
  return wrong < NO_DIGIT
}

/** `end 3`, with or without the end of its line. */
function readLastLine(line: Uint8Array, reading: Reading): void {
  const [, told] = CLOSING.exec(textOf(line)) ?? []
  if (told === undefined) rejectLine(line, reading.lines + 1)
  if (reading.told !== undefined) throw cutOff('there is more after its closing line')
  if (Number(told) !== reading.lines)
    throw cutOff(`its closing line tells of ${told} lines, and ${reading.lines} came`)
  reading.told = reading.lines
}

function rejectLine(line: Uint8Array, number: number): never {
  const shown = JSON.stringify(textOf(line.subarray(0, LONGEST_LINE)))
  throw new NiceBlobsError('REF_INVALID', `no revision: ${shown}`, {
    subject: `line ${number}`,
    hint: 'a line is an oid, a space and a tid, 16 lower-case hex digits each; the last one: end <how many lines>',
  })
}

function textOf(line: Uint8Array): string {
  return Buffer.from(line).toString('latin1')
}

function cutOff(what: string): NiceBlobsError {
  return new NiceBlobsError('REPORT_CUT_OFF', `this is no whole live report: ${what}`, {
    subject: 'live report',
    hint: 'no report was sent; whatever lists the revisions did not come to its end, run it again',
  })
}
