import type { ScheduleLease } from '../../core/model/schedule-lease.ts'
import {
  latestRun,
  parseVolumeRow,
  type VolumeRowKind,
  type VolumeRowOf,
  type VolumeRows,
  volumeSortKey,
} from '../../core/model/volume-row.ts'
import type { FleetIndex } from '../../core/ports.ts'

export type MemoryFleet = FleetIndex & {
  /** By database, volume and kind. */
  readonly rows: Map<string, VolumeRowOf[VolumeRowKind]>
  /** Every call fails with it, until it is taken back. */
  failWith(error: Error | undefined): void
}

/** What agents and the schedule tell each other, in memory: the oracle for every other one. */
export function createMemoryFleet(): MemoryFleet {
  const rows = new Map<string, VolumeRowOf[VolumeRowKind]>()
  let scheduleLease: ScheduleLease | undefined
  let failure: Error | undefined
  const work = () => {
    if (failure) throw failure
  }

  const nameOf = (database: string, volume: string, kind: VolumeRowKind) =>
    `${database}#${volumeSortKey(volume, kind)}`
  function find<Kind extends VolumeRowKind>(kind: Kind, database: string, volume: string) {
    return rows.get(nameOf(database, volume, kind)) as VolumeRowOf[Kind] | undefined
  }
  function write<Kind extends VolumeRowKind>(
    kind: Kind,
    row: VolumeRowOf[Kind],
    allowed: (present: VolumeRowOf[Kind] | undefined) => boolean,
  ): boolean {
    work()
    const { database, volume } = row
    if (!allowed(find(kind, database, volume))) return false
    const name = nameOf(database, volume, kind)
    rows.set(name, parseVolumeRow(kind, row, name))
    return true
  }
  function rowsOf(database: string, volume: string): VolumeRows {
    const [lease, summary] = [find('lease', database, volume), find('summary', database, volume)]
    const order = find('order', database, volume)
    return { volume, ...(lease && { lease }), ...(summary && { summary }), ...(order && { order }) }
  }

  return {
    rows,
    failWith(error) {
      failure = error
    },
    async read(database, volume) {
      work()
      return rowsOf(database, volume)
    },
    async readLease(database, volume) {
      work()
      return find('lease', database, volume)
    },
    async readOrder(database, volume) {
      work()
      return find('order', database, volume)
    },
    async *list(database) {
      work()
      const own = [...rows.values()].filter(row => row.database === database)
      const volumes = new Set(own.map(({ volume }) => volume).sort())
      for (const volume of volumes) yield rowsOf(database, volume)
    },
    writeLease: async (before, after) =>
      write('lease', after, present => present?.revision === before?.revision),
    writeSummary: async row => write('summary', row, present => !present || present.term <= row.term),
    writeOrder: async row =>
      write(
        'order',
        row,
        present => !present || present.run < row.run || present.run > latestRun(row.issuedAt),
      ),
    async readScheduleLease() {
      work()
      return scheduleLease
    },
    async writeScheduleLease(before, after) {
      work()
      if (scheduleLease?.revision !== before?.revision) return false
      scheduleLease = { ...after }
      return true
    },
  }
}
