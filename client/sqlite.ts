import { rmSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** What every database on this host's disk is used by. */

export interface Statements {
  /** A prepared statement, the same one for the same text. */
  sql(text: string): StatementSync
  /** Alone among all processes; what throws leaves no trace. One within another is part of it. */
  transact<T>(work: () => T): T
}

export function statementsOf(database: DatabaseSync): Statements {
  const prepared = new Map<string, StatementSync>()
  return {
    sql(text) {
      const statement = prepared.get(text) ?? database.prepare(text)
      prepared.set(text, statement)
      return statement
    },
    transact(work) {
      if (database.isTransaction) return work()
      database.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      }
    },
  }
}

/** With what SQLite keeps beside it. */
export function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
}

/** SQLite's own codes without their extensions, here and below. */
export const BUSY = 5
export const CORRUPT = 11
/** ERROR (a table that is not there), CORRUPT, CANTOPEN, NOTADB. */
const UNREADABLE = [1, CORRUPT, 14, 26]

export function errorKind(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff
}

/** Whether there is no use in this database any more, and one has to be made anew. */
export function isUnreadable(error: unknown): boolean {
  return UNREADABLE.includes(errorKind(error))
}
