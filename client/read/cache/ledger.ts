import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { CORRUPT, statementsOf } from '../../sqlite.ts'
import type { CachedBlob } from './plan-eviction.ts'
import type { ProcessName } from './process-name.ts'

/** Milliseconds to wait for another process's transaction, each of which takes one or a few; nothing else is done meanwhile. */
const BUSY_TIME_OUT = 2_000
const VERSION = 1

/**
 * One row for each blob in the cache, whether it is there (`claim` is null) or on its way. The sum of the sizes and
 * SIEVE's hand are kept beside it, so that nothing is ever counted. Nothing here is worth a sync: one scan makes it again.
 */
const SCHEMA = `
  CREATE TABLE blob (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    seen REAL NOT NULL,
    claim TEXT,
    owner TEXT
  ) STRICT;
  CREATE INDEX claimed ON blob (claim) WHERE claim IS NOT NULL;
  CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), bytes INTEGER NOT NULL, hand INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (1, 0, 0);
  CREATE TRIGGER added AFTER INSERT ON blob BEGIN UPDATE state SET bytes = bytes + new.size; END;
  CREATE TRIGGER resized AFTER UPDATE OF size ON blob BEGIN UPDATE state SET bytes = bytes + new.size - old.size; END;
  CREATE TRIGGER removed AFTER DELETE ON blob BEGIN UPDATE state SET bytes = bytes - old.size; END;
  PRAGMA user_version = ${VERSION};
`

/** A short log: it lies on the disk that the blobs are to have. */
const JOURNAL = 'PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 64'

export interface Claim {
  claim: string
  owner: ProcessName
  /** Milliseconds since 1970. */
  since: number
}

export interface Ledger {
  /** Alone among all processes; what throws leaves no trace. */
  transact<T>(work: () => T): T
  /** The claim on a blob that is on its way, `present` for one that is there. */
  find(name: string): Claim | 'present' | undefined
  claims(): { name: string; claim: Claim }[]
  /** Writes a row anew, the last in the order of arrival unless it has a place already. */
  put(name: string, row: { size: number; seen: number; claim?: Claim }): void
  remove(name: string): void
  /** All blobs that are there, from the hand on, once around. */
  fromHand(): Generator<CachedBlob>
  spare(sequence: number, seen: number): void
  moveHand(sequence: number): void
  bytes(): number
  close(): void
}

/** Makes a ledger under a name that nobody opens yet, whole: with all that is there. */
export function makeLedger(path: string, fill: (ledger: Ledger) => void): void {
  const database = new DatabaseSync(path)
  try {
    database.exec(`PRAGMA synchronous = OFF; BEGIN; ${SCHEMA}`)
    fill(ledgerOver(database))
    database.exec('COMMIT; PRAGMA journal_mode = WAL')
  } finally {
    database.close()
  }
}

/** Opens a ledger that is there and whole; never makes one. */
export function openLedger(path: string): Ledger {
  const url = pathToFileURL(path)
  url.search = '?mode=rw'
  const database = new DatabaseSync(url, { timeout: BUSY_TIME_OUT })
  try {
    database.exec(JOURNAL)
    if (version(database) !== VERSION) throw damaged('it is of another version, or empty')
    return ledgerOver(database)
  } catch (error) {
    database.close()
    throw error
  }
}

function ledgerOver(database: DatabaseSync): Ledger {
  const { sql, transact } = statementsOf(database)
  return {
    transact,
    find(name) {
      const row = sql('SELECT claim, owner FROM blob WHERE name = ?').get(name) as Row | undefined
      return row && (claimOf(row) ?? 'present')
    },
    claims() {
      const rows = sql('SELECT name, claim, owner FROM blob WHERE claim IS NOT NULL').all()
      return (rows as unknown as Row[]).flatMap(row => {
        const claim = claimOf(row)
        return claim ? [{ name: row.name, claim }] : []
      })
    },
    put(name, { size, seen, claim }) {
      sql(`INSERT INTO blob (name, size, seen, claim, owner) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (name) DO UPDATE SET size = ?2, seen = ?3, claim = ?4, owner = ?5`).run(
        name,
        size,
        seen,
        claim?.claim ?? null,
        claim ? JSON.stringify({ owner: claim.owner, since: claim.since }) : null,
      )
    },
    remove: name => void sql('DELETE FROM blob WHERE name = ?').run(name),
    *fromHand() {
      const hand = readState(database).hand
      const there = 'SELECT sequence, name, size, seen FROM blob WHERE claim IS NULL'
      yield* pages(there, 'sequence > ?1 AND sequence <= ?2', hand, Number.MAX_SAFE_INTEGER)
      yield* pages(there, 'sequence > ?1 AND sequence <= ?2', 0, hand)
    },
    spare: (sequence, seen) => void sql('UPDATE blob SET seen = ? WHERE sequence = ?').run(seen, sequence),
    moveHand: sequence => void sql('UPDATE state SET hand = ?').run(sequence),
    bytes: () => readState(database).bytes,
    close: () => database.close(),
  }

  function* pages(select: string, where: string, after: number, until: number): Generator<CachedBlob> {
    for (let last = after; ; ) {
      const page = sql(`${select} AND ${where} ORDER BY sequence LIMIT 256`).all(last, until)
      yield* page as unknown as CachedBlob[]
      const { sequence } = (page.at(-1) as CachedBlob | undefined) ?? {}
      if (sequence === undefined) return
      last = sequence
    }
  }
}

interface Row {
  name: string
  claim: string | null
  owner: string | null
}

function claimOf({ claim, owner: text }: Row): Claim | undefined {
  if (claim === null || text === null) return undefined
  try {
    const { owner, since } = JSON.parse(text)
    if (typeof owner.place === 'string' && typeof since === 'number') return { claim, owner, since }
  } catch {}
  throw damaged('a claim is none')
}

function readState(database: DatabaseSync): { bytes: number; hand: number } {
  return database.prepare('SELECT bytes, hand FROM state').get() as { bytes: number; hand: number }
}

function version(database: DatabaseSync): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
}

function damaged(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode: CORRUPT })
}
