import { createGiveWay } from '../../../core/give-way.ts'
import type { VolumeFile } from '../../../core/model/archive-policy.ts'
import type { Ref } from '../../../core/model/ref.ts'
import type { OidRange } from '../../../core/volume/oid-range.ts'
import { bytesOf } from './inventory-blobs.ts'
import { type InventoryDatabase, STATE } from './inventory-database.ts'

const ROWS_PER_PAGE = 1_024

/** What a scan or a look has seen: rows are marked, and what is not marked in the end is gone. Unchanged rows are not written. */
export function createSeen({ sql, transact }: InventoryDatabase, isThere: (ref: Ref) => boolean) {
  const marks = createMarks()
  const counts = { added: 0, gone: 0 }

  function see({ ref, size, changed }: VolumeFile): void {
    const [oid, tid] = [bytesOf(ref.oid), bytesOf(ref.tid)]
    const row = sql('SELECT id, size, changed FROM blob WHERE oid = ? AND tid = ?').get(oid, tid)
    if (row) {
      const id = Number(row.id)
      marks.set(id)
      if (row.size === size && row.changed === changed) return
      sql(`UPDATE blob SET size = ?, changed = ?, state = ${STATE.unknown}, archived_at = NULL, code = NULL
        WHERE id = ?`).run(size, changed, id)
    } else if (isThere(ref)) {
      // Asked, since it may have been released meanwhile and its row removed; nobody would remove it once more.
      const added = sql('INSERT INTO blob (oid, tid, size, changed) VALUES (?, ?, ?, ?)')
      marks.set(Number(added.run(oid, tid, size, changed).lastInsertRowid))
      counts.added += 1
    }
  }

  return {
    see: (files: Iterable<VolumeFile>): void =>
      transact(() => {
        for (const file of files) see(file)
      }),

    /** What could not be looked at counts as seen. */
    keep: (ranges: readonly OidRange[]): void => {
      const ids = sql('SELECT id FROM blob WHERE oid BETWEEN ? AND ?')
      for (const { first, last } of ranges) {
        for (const { id } of ids.iterate(bytesOf(first), bytesOf(last))) marks.set(Number(id))
      }
    },

    /** Removes the rows of these oids that are not marked. */
    async sweep({ first, last }: OidRange): Promise<void> {
      const giveWay = createGiveWay()
      const page = `SELECT id, oid, tid FROM blob WHERE (oid, tid) > (?, ?) AND oid <= ? ORDER BY oid, tid LIMIT ${ROWS_PER_PAGE}`
      let after = [bytesOf(first), bytesOf('')]
      for (;;) {
        const rows = sql(page).all(...after, bytesOf(last))
        const gone = rows.filter(({ id }) => !marks.has(Number(id)))
        if (gone.length > 0) {
          transact(() => {
            for (const { id } of gone) sql('DELETE FROM blob WHERE id = ?').run(Number(id))
          })
        }
        counts.gone += gone.length
        const end = rows.at(-1)
        if (!end) return
        after = [end.oid as Buffer, end.tid as Buffer]
        await giveWay()
      }
    },

    counts: (): Readonly<typeof counts> => counts,
  }
}

/** A bit for each row: 125 kB for a million. */
function createMarks() {
  let bits = new Uint8Array(4_096)
  return {
    set(id: number) {
      const at = Math.floor(id / 8)
      if (at >= bits.length) {
        const more = new Uint8Array(Math.max(2 * bits.length, at + 1))
        more.set(bits)
        bits = more
      }
      bits[at] = (bits[at] ?? 0) | (1 << (id % 8))
    },
    has: (id: number) => ((bits[Math.floor(id / 8)] ?? 0) & (1 << (id % 8))) !== 0,
  }
}
