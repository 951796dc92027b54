import { createGiveWay } from '../give-way.ts'
import { ReportRefused } from '../model/judge-report.ts'
import type { Manifest } from '../model/live-report.ts'
import { formatRef } from '../model/ref.ts'
import { advance, type RecordCursor } from './record-cursor.ts'
import { compareRecords, readRef, shardOfRecord, WORDS, wordAt, writeRef } from './words.ts'

/** Throws ReportRefused unless all records are sorted, unique, of this shard, and none is younger than the report. */
export async function requirePart(
  cursor: RecordCursor,
  { horizon }: Pick<Manifest, 'horizon'>,
  shard: number,
  subject: string,
): Promise<void> {
  const giveWay = createGiveWay()
  const latest = new Uint32Array(WORDS)
  writeRef(latest, { oid: horizon, tid: horizon })
  const last = new Uint32Array(WORDS)
  for (let first = true; !cursor.ended; first = false) {
    const { words, at } = cursor
    if (shardOfRecord(words, at) !== shard) throw refused('foreign', cursor, 'is of another part', subject)
    if (!first && compareRecords(last, 0, words, at) >= 0)
      throw refused('damaged', cursor, 'is not after the one before it', subject)
    if (isYounger(words, at, latest))
      throw refused('damaged', cursor, `is younger than the horizon ${horizon}`, subject)
    for (let word = 0; word < WORDS; word += 1) last[word] = wordAt(words, at + word)
    advance(cursor)
    // At the beginning of a chunk.
    if (cursor.at === 0) await giveWay()
  }
}

function isYounger(words: Uint32Array, at: number, latest: Uint32Array): boolean {
  const difference = wordAt(words, at + 2) - wordAt(latest, 2)
  return (difference || wordAt(words, at + 3) - wordAt(latest, 3)) > 0
}

function refused(
  refusal: 'foreign' | 'damaged',
  { words, at }: RecordCursor,
  what: string,
  subject: string,
): ReportRefused {
  return new ReportRefused(refusal, `its record ${formatRef(readRef(words, at))} ${what}`, subject)
}
