import { type BlobRow, parseBlobRow, shardOf, sortKey } from '../../core/model/blob-row.ts'
import type { BlobIndex } from '../../core/ports.ts'

/** An index in memory: the oracle for every other one. */
export function createMemoryIndex(): BlobIndex & { rows: Map<string, BlobRow> } {
  const rows = new Map<string, BlobRow>()
  const nameOf = (database: string, ref: { oid: string; tid: string }) => `${database}#${sortKey(ref)}`
  const rowsOf = (database: string, wanted = (_: BlobRow) => true) =>
    [...rows.values()]
      .filter(row => row.database === database && wanted(row))
      .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  return {
    rows,
    find: async (database, refs) => refs.map(ref => rows.get(nameOf(database, ref))),
    async insert(row) {
      const name = nameOf(row.database, row)
      const present = rows.get(name)
      if (!present) rows.set(name, parseBlobRow(row, name))
      return present
    },
    async replace(before, after) {
      const name = nameOf(before.database, before)
      const present = rows.get(name)
      if (!present || !sameRow(present, before)) return false
      rows.set(name, parseBlobRow(after, name))
      return true
    },
    async *list(database) {
      yield* rowsOf(database)
    },
    async *listShard(database, shard, only) {
      yield* rowsOf(
        database,
        row => shardOf(row) === shard && (only === undefined || row.state !== 'archived'),
      )
    },
  }
}

function sameRow(a: BlobRow, b: BlobRow): boolean {
  const same = (name: 'state' | 'archivedAt' | 'sha256' | 'condemnedBy') => a[name] === b[name]
  return same('state') && same('archivedAt') && same('sha256') && same('condemnedBy')
}
