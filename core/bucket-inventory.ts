import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { BlobBucket } from './ports.ts'

/** One version of an object as the inventory has it. */
export interface InventoryEntry {
  readonly key: string
  readonly size: number
  readonly current: boolean
  readonly marker: boolean
}

/** What a bucket held some hours ago, by keys; on the disk, as there may be more of it than memory. */
export interface BucketInventory {
  /** Milliseconds since 1970. */
  readonly madeAt: number
  /** As the bucket's own listing does. */
  list: BlobBucket['list']
  /** Whether there was a version of it, current or not, that is no marker. */
  isRetained(key: string): boolean
  close(): void
}

const ROWS_PER_TRANSACTION = 50_000

/** Takes in what begins with `prefix`; the entries may come in any order. */
export async function createBucketInventory(
  entries: AsyncIterable<InventoryEntry>,
  { prefix, scratch, madeAt }: { prefix: string; scratch: string; madeAt: number },
): Promise<BucketInventory> {
  const directory = mkdtempSync(join(scratch, 'nice-blobs-inventory-'))
  const database = new DatabaseSync(join(directory, 'keys.sqlite'))
  const close = () => {
    database.close()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536')
    database.exec('CREATE TABLE keys (key TEXT PRIMARY KEY, size INTEGER) WITHOUT ROWID')
    await takeIn(database, entries, prefix)
  } catch (error) {
    close()
    throw error
  }
  const current = database.prepare(
    'SELECT key, size FROM keys WHERE size IS NOT NULL AND key >= ? AND substr(key, 1, ?) = ? ORDER BY key',
  )
  const any = database.prepare('SELECT 1 FROM keys WHERE key = ?')
  return {
    madeAt,
    close,
    async *list(below) {
      yield* current.iterate(below, below.length, below) as Iterable<{ key: string; size: number }>
    },
    isRetained: key => any.get(key) !== undefined,
  }
}

/** A key's size is that of its current object; none where only older versions are left. */
async function takeIn(database: DatabaseSync, entries: AsyncIterable<InventoryEntry>, prefix: string) {
  const insert = database.prepare(
    'INSERT INTO keys VALUES (?, ?) ON CONFLICT DO UPDATE SET size = ifnull(excluded.size, size)',
  )
  let taken = 0
  database.exec('BEGIN')
  for await (const { key, size, current, marker } of entries) {
    if (marker || !key.startsWith(prefix)) continue
    insert.run(key, current ? size : null)
    taken += 1
    if (taken % ROWS_PER_TRANSACTION === 0) database.exec('COMMIT; BEGIN')
  }
  database.exec('COMMIT')
}
