import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PRIVATE_DIRECTORY } from '../../../core/volume/with-parent.ts'
import { isUnreadable, removeDatabase, type Statements, statementsOf } from '../../sqlite.ts'

const VERSION = 1

/** What a blob's row says of it. */
export const STATE = { unknown: 0, waiting: 1, archived: 2, left: 3 } as const

/**
 * One row for each blob. Ids are kept as bytes, which take half the space and sort as their hex digits do. Each state that is
 * asked for in an order has an index of its rows alone.
 */
const SCHEMA = `
  CREATE TABLE blob (
    id INTEGER PRIMARY KEY,
    oid BLOB NOT NULL,
    tid BLOB NOT NULL,
    size INTEGER NOT NULL,
    changed REAL NOT NULL,
    state INTEGER NOT NULL DEFAULT ${STATE.unknown},
    archived_at REAL,
    code TEXT
  ) STRICT;
  CREATE UNIQUE INDEX ref ON blob (oid, tid);
  CREATE INDEX unknown ON blob (id) WHERE state = ${STATE.unknown};
  CREATE INDEX waiting ON blob (size DESC, oid, tid) WHERE state = ${STATE.waiting};
  CREATE INDEX archived ON blob (archived_at, oid, tid) WHERE state = ${STATE.archived};
  CREATE INDEX left_over ON blob (id) WHERE state = ${STATE.left};
  CREATE TABLE directory (path TEXT PRIMARY KEY, time REAL) STRICT, WITHOUT ROWID;
  CREATE TABLE done (
    hour INTEGER NOT NULL,
    what TEXT NOT NULL,
    blobs INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (hour, what)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE about (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    identity TEXT NOT NULL,
    made_at REAL NOT NULL,
    last_scan REAL
  ) STRICT;
`

/** Nothing in it is worth a sync: one scan makes it again. The log stays short, since it lies on a disk that fills. */
const JOURNAL = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA journal_size_limit = 16777216'

export interface InventoryDatabase extends Statements {
  close(): void
}

export interface MadeOf {
  /** Of the volume: of another one, nothing is worth keeping. */
  identity: string
  /** Milliseconds since 1970. */
  now: number
}

/** Opens the file, or makes it anew where it is missing, damaged, of another version or of another volume. */
export function openDatabase(path: string, madeOf: MadeOf): InventoryDatabase {
  try {
    const found = openWhole(path, madeOf)
    if (found) return over(found)
  } catch (error) {
    if (!isUnreadable(error)) throw error
  }
  removeDatabase(path)
  mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_DIRECTORY })
  return over(make(path, madeOf))
}

/** Undefined when it is of no use. Without syncs, a host that loses its power may leave anything, so we look. */
function openWhole(path: string, { identity }: MadeOf): DatabaseSync | undefined {
  const database = new DatabaseSync(path)
  let use = false
  try {
    const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {}
    if (version !== VERSION) return undefined
    const { quick_check: trouble } = database.prepare('PRAGMA quick_check(1)').get() ?? {}
    const about = database.prepare('SELECT identity FROM about').get()
    use = trouble === 'ok' && about?.identity === identity
    if (use) database.exec(JOURNAL)
    return use ? database : undefined
  } finally {
    if (!use) database.close()
  }
}

function make(path: string, { identity, now }: MadeOf): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    database.exec(`${JOURNAL}; BEGIN; ${SCHEMA}`)
    database.prepare('INSERT INTO about VALUES (1, ?, ?, NULL)').run(identity, now)
    database.exec(`PRAGMA user_version = ${VERSION}; COMMIT`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function over(database: DatabaseSync): InventoryDatabase {
  return { ...statementsOf(database), close: () => database.close() }
}
