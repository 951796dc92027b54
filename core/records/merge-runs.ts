import { advance, openCursor, type RecordCursor } from './record-cursor.ts'
import type { Run } from './runs.ts'
import { compareRecords, WORDS } from './words.ts'

/** Records of all runs together that a merge has in memory; of a single one at least the second. */
const IN_MEMORY = 2 ** 18
const FEWEST = 64
const MOST = 4_096
/** Of what comes out, at a time. */
const BATCH = 4_096

/** The records of one shard, sorted and each once, some thousand at a time; a batch is overwritten by the next. */
export function* mergeRuns(descriptor: number, runs: readonly Run[], shard: number): Generator<Uint32Array> {
  const chunk = Math.min(MOST, Math.max(FEWEST, Math.floor(IN_MEMORY / runs.length)))
  const heap = createHeap(
    runs.map(({ starts }) => openCursor(descriptor, starts[shard] ?? 0, starts[shard + 1] ?? 0, chunk)),
  )
  const batch = new Uint32Array(BATCH * WORDS)
  const last = new Uint32Array(WORDS)
  let filled = 0
  let first = true
  for (let cursor = heap[0]; cursor; cursor = heap[0]) {
    const { words, at } = cursor
    if (first || compareRecords(last, 0, words, at) !== 0) {
      first = false
      for (let word = 0; word < WORDS; word += 1) {
        batch[filled + word] = last[word] = words[at + word] as number
      }
      filled += WORDS
    }
    advance(cursor)
    if (cursor.ended) removeFirst(heap)
    else sink(heap, 0)
    if (filled === batch.length) {
      yield batch
      filled = 0
    }
  }
  if (filled > 0) yield batch.subarray(0, filled)
}

/** The cursor with the least record first, and each before the two at twice its place. */
function createHeap(cursors: readonly RecordCursor[]): RecordCursor[] {
  const heap = cursors.filter(({ ended }) => !ended)
  for (let place = heap.length >> 1; place >= 0; place -= 1) sink(heap, place)
  return heap
}

function removeFirst(heap: RecordCursor[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  heap[0] = last
  sink(heap, 0)
}

function sink(heap: RecordCursor[], from: number): void {
  const cursor = heap[from]
  if (!cursor) return
  let place = from
  for (;;) {
    const child = lesserOf(heap, 2 * place + 1)
    const below = heap[child]
    if (!below || compareRecords(below.words, below.at, cursor.words, cursor.at) >= 0) break
    heap[place] = below
    place = child
  }
  heap[place] = cursor
}

function lesserOf(heap: readonly RecordCursor[], left: number): number {
  const [a, b] = [heap[left], heap[left + 1]]
  return a && b && compareRecords(b.words, b.at, a.words, a.at) < 0 ? left + 1 : left
}
