import type { Tally } from '../../../core/model/archive-policy.ts'
import { DAY, HOUR } from '../../../core/model/quantity.ts'
import type { SummaryRow } from '../../../core/model/volume-row.ts'
import type { InventoryDatabase } from './inventory-database.ts'

export type Done = 'archived' | 'released'

/** What was done in the last day, hour by hour; times in milliseconds since 1970. */
export function createLately({ sql, transact }: InventoryDatabase) {
  /** The first hour of which the last day has all. */
  const firstHour = (now: number) => Math.ceil((now - DAY) / HOUR)

  function sumOf(what: Done, from: number): Tally {
    const row = sql('SELECT sum(blobs) AS blobs, sum(bytes) AS bytes FROM done WHERE what = ? AND hour >= ?')
    const { blobs, bytes } = row.get(what, from) ?? {}
    return { blobs: Number(blobs ?? 0), bytes: Number(bytes ?? 0) }
  }

  return {
    note: (what: Done, blobs: number, bytes: number, now: number): void =>
      transact(() => {
        sql('DELETE FROM done WHERE hour < ?').run(firstHour(now))
        sql(`INSERT INTO done VALUES (?1, ?2, ?3, ?4)
          ON CONFLICT DO UPDATE SET blobs = blobs + ?3, bytes = bytes + ?4`).run(
          Math.floor(now / HOUR),
          what,
          blobs,
          bytes,
        )
      }),

    lately(now: number): SummaryRow['lately'] {
      const from = firstHour(now)
      const madeAt = Number(sql('SELECT made_at FROM about').get()?.made_at)
      // Of the time before it was made, an inventory knows nothing.
      const since = Math.max(from * HOUR, Math.min(madeAt, now))
      return { since, archived: sumOf('archived', from), released: sumOf('released', from) }
    },
  }
}
