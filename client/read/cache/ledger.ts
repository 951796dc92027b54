import { DatabaseSync } from 'node:sqlite'
import type { CachedBlob } from './plan-eviction.ts'
import type { ProcessName } from './process-name.ts'

/** Milliseconds to wait for another process's transaction, each of which takes one or a few. */
const BUSY_TIME_OUT = 5_000
const BUSY = 5

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
  PRAGMA user_version = 1;
`

/** A short log: it lies on the disk that the blobs are to have. */
const JOURNAL = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 64'

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
  claims(): { name: string; size: number; claim: Claim }[]
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

/** `fill` is called, within the transaction that makes the ledger, when there was none. */
export function openLedger(path: string, fill: (ledger: Ledger) => void): Ledger {
  const database = new DatabaseSync(path, { timeout: BUSY_TIME_OUT })
  try {
    whileBusy(() => database.exec(JOURNAL))
    const ledger = ledgerOver(database)
    if (version(database) === 0)
      ledger.transact(() => {
        if (version(database) !== 0) return
        database.exec(SCHEMA)
        fill(ledger)
      })
    return ledger
  } catch (error) {
    database.close()
    throw error
  }
}

function ledgerOver(database: DatabaseSync): Ledger {
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const sql = (text: string) => {
    const statement = prepared.get(text) ?? database.prepare(text)
    prepared.set(text, statement)
    return statement
  }
  return {
    transact(work) {
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
    find(name) {
      const row = sql('SELECT claim, owner FROM blob WHERE name = ?').get(name) as Row | undefined
      return row && (claimOf(row) ?? 'present')
    },
    claims() {
      const rows = sql('SELECT name, size, claim, owner FROM blob WHERE claim IS NOT NULL').all()
      return (rows as unknown as Row[]).flatMap(row => {
        const claim = claimOf(row)
        return claim ? [{ name: row.name, size: row.size, claim }] : []
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
  size: number
  claim: string | null
  owner: string | null
}

function claimOf({ claim, owner }: Row): Claim | undefined {
  return claim === null || owner === null ? undefined : { claim, ...JSON.parse(owner) }
}

function readState(database: DatabaseSync): { bytes: number; hand: number } {
  return database.prepare('SELECT bytes, hand FROM state').get() as { bytes: number; hand: number }
}

function version(database: DatabaseSync): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
}

/** Changing the journal's mode does not wait for others by itself. */
function whileBusy(work: () => void): void {
  const deadline = Date.now() + BUSY_TIME_OUT
  for (;;) {
    try {
      work()
      return
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== BUSY || Date.now() > deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}
