import type { KnownDirectory } from '../../../core/volume/directory-time.ts'
import type { InventoryDatabase } from './inventory-database.ts'

const ROWS_PER_PAGE = 256

/** The directories above the leaves as they were when they were read, and those of a scan that is not complete yet. */
export function createDirectories({ sql, transact }: InventoryDatabase) {
  let forgotten = 0
  sql(
    'CREATE TEMP TABLE IF NOT EXISTS scanned (path TEXT PRIMARY KEY, time REAL) STRICT, WITHOUT ROWID',
  ).run()

  return {
    has: (path: string): boolean => sql('SELECT 1 FROM directory WHERE path = ?').get(path) !== undefined,

    /** In the order of their paths; may be changed meanwhile, and shows nothing that was forgotten. */
    *all(): Generator<KnownDirectory> {
      const page = `SELECT path, time FROM directory WHERE path >= ? ORDER BY path LIMIT ${ROWS_PER_PAGE}`
      for (let from = ''; ; ) {
        const [rows, before] = [sql(page).all(from), forgotten]
        for (const row of rows) {
          yield { path: String(row.path), time: row.time === null ? undefined : Number(row.time) }
          // The first path after this one.
          from = `${row.path}\0`
          if (forgotten !== before) break
        }
        if (rows.length === 0) return
      }
    },

    remember: ({ path, time }: KnownDirectory): void =>
      void sql('INSERT INTO directory VALUES (?1, ?2) ON CONFLICT (path) DO UPDATE SET time = ?2').run(
        path,
        time ?? null,
      ),

    /** With all below it; `0` is what comes after `/`. */
    forget(path: string): void {
      forgotten += 1
      sql(`DELETE FROM directory WHERE path = ?1 OR path > ?1 || '/' AND path < ?1 || '0'`).run(path)
    },

    beginScan: () => void sql('DELETE FROM scanned').run(),
    stage: (directories: readonly KnownDirectory[]): void =>
      transact(() => {
        for (const { path, time } of directories) {
          sql('INSERT OR REPLACE INTO scanned VALUES (?, ?)').run(path, time ?? null)
        }
      }),
    /** A scan that is complete has told of all that was in these before it began. */
    endScan: (): void =>
      transact(() => {
        sql('DELETE FROM directory WHERE path NOT IN (SELECT path FROM scanned)').run()
        sql(`INSERT INTO directory SELECT path, time FROM scanned WHERE true
          ON CONFLICT (path) DO UPDATE SET time = excluded.time WHERE time IS NOT excluded.time`).run()
        sql('DELETE FROM scanned').run()
      }),
  }
}

export type Directories = ReturnType<typeof createDirectories>
