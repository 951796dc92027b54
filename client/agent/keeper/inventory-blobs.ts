import type { VolumeFile } from '../../../core/model/archive-policy.ts'
import type { HexId, Ref } from '../../../core/model/ref.ts'
import { type InventoryDatabase, STATE } from './inventory-database.ts'

const ROWS_PER_PAGE = 256
const FILE = 'oid, tid, size, changed, archived_at'

/** A file that is archived, and whose volume has its copy still; `archivedAt` in milliseconds since 1970. */
export interface ArchivedFile extends VolumeFile {
  readonly archivedAt: number
}

/** The rows of an inventory by their states. Whatever is iterated may be changed meanwhile. */
export function createBlobs({ sql, transact }: InventoryDatabase) {
  const setState = (ref: Ref, state: number, archivedAt: number | null, code: string | null) =>
    void sql('UPDATE blob SET state = ?, archived_at = ?, code = ? WHERE oid = ? AND tid = ?').run(
      state,
      archivedAt,
      code,
      bytesOf(ref.oid),
      bytesOf(ref.tid),
    )

  /** Two questions for each page: SQLite finds the place of neither with both in one. */
  function waitingAfter(last: VolumeFile, minSize: number): VolumeFile[] {
    const where = `SELECT ${FILE} FROM blob WHERE state = ${STATE.waiting}`
    const { oid, tid } = last.ref
    const same = sql(`${where} AND size = ? AND (oid, tid) > (?, ?) ORDER BY oid, tid LIMIT ${ROWS_PER_PAGE}`)
      .all(last.size, bytesOf(oid), bytesOf(tid))
      .map(fileOf)
    if (same.length > 0) return same
    return sql(`${where} AND size < ? AND size >= ? ORDER BY size DESC, oid, tid LIMIT ${ROWS_PER_PAGE}`)
      .all(last.size, minSize)
      .map(fileOf)
  }

  return {
    /** So many of those that nobody has asked the index about. */
    unknown: (limit: number): VolumeFile[] =>
      sql(`SELECT ${FILE} FROM blob WHERE state = ${STATE.unknown} ORDER BY id LIMIT ?`)
        .all(limit)
        .map(fileOf),

    /** The largest first, in the order of the archive plan. */
    waiting: (minSize: number): Iterable<VolumeFile> => pages(last => waitingAfter(last ?? LARGEST, minSize)),

    /** What was archived first, first. */
    archived: (): Iterable<ArchivedFile> =>
      pages(last =>
        sql(`SELECT ${FILE} FROM blob WHERE state = ${STATE.archived} AND (archived_at, oid, tid) > (?, ?, ?)
          ORDER BY archived_at, oid, tid LIMIT ${ROWS_PER_PAGE}`)
          .all(
            last?.archivedAt ?? Number.NEGATIVE_INFINITY,
            bytesOf(last?.ref.oid ?? ''),
            bytesOf(last?.ref.tid ?? ''),
          )
          .map(row => ({ ...fileOf(row), archivedAt: Number(row.archived_at) })),
      ),

    askAgain: (): void =>
      void sql(`UPDATE blob SET state = ${STATE.unknown} WHERE state = ${STATE.waiting}`).run(),
    setWaiting: (refs: Iterable<Ref>): void =>
      transact(() => {
        for (const ref of refs) setState(ref, STATE.waiting, null, null)
      }),
    setArchived: (ref: Ref, archivedAt: number): void => setState(ref, STATE.archived, archivedAt, null),
    /** With the code of the error that keeps it here; unknown again after the next scan. */
    setLeft: (ref: Ref, code: string): void => setState(ref, STATE.left, null, code),
    remove: (ref: Ref): void =>
      void sql('DELETE FROM blob WHERE oid = ? AND tid = ?').run(bytesOf(ref.oid), bytesOf(ref.tid)),
  }
}

/** Before the first of all. */
const LARGEST: VolumeFile = { ref: { oid: '', tid: '' }, size: Number.MAX_SAFE_INTEGER, changed: 0 }

function* pages<T>(pageAfter: (last: T | undefined) => T[]): Generator<T> {
  for (let last: T | undefined; ; ) {
    const page = pageAfter(last)
    yield* page
    last = page.at(-1)
    if (last === undefined) return
  }
}

export function bytesOf(id: HexId): Buffer {
  return Buffer.from(id, 'hex')
}

export function idOf(bytes: unknown): HexId {
  const { buffer, byteOffset, byteLength } = bytes as Uint8Array
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex')
}

function fileOf(row: Record<string, unknown>): VolumeFile {
  return {
    ref: { oid: idOf(row.oid), tid: idOf(row.tid) },
    size: Number(row.size),
    changed: Number(row.changed),
  }
}
