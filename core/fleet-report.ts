import { count, type Tally } from './model/archive-policy.ts'
import type { BlobState } from './model/blob-row.ts'
import type { DatabaseConfig } from './model/config.ts'
import { addUp, describeVolume, type Faults, type VolumeReport } from './model/fleet-status.ts'
import type { VolumeRows } from './model/volume-row.ts'
import type { BlobIndex, FleetIndex } from './ports.ts'

export interface DatabaseReport {
  readonly database: string
  /** Otherwise archived by commands alone. */
  readonly scheduled: boolean
  readonly volumes: readonly VolumeReport[]
  readonly together: ReturnType<typeof addUp>
  /** What the index knows of the bucket; undefined when it was not asked. */
  readonly bucket: Partial<Record<BlobState, Tally>> | undefined
}

/**
 * What is known of a database's volumes, by their names: of those that told of themselves, and of those of this configuration. Every row of the
 * database is read where there is an index; memory does not grow with them.
 */
export async function reportDatabase(
  fleet: FleetIndex,
  index: BlobIndex | undefined,
  database: string,
  settings: DatabaseConfig,
  now: number,
  faults: Faults,
): Promise<DatabaseReport> {
  const found = new Map<string, VolumeReport>()
  let scheduled = settings.schedule !== undefined
  const add = (rows: VolumeRows) => {
    // What a host was configured with once may not be the policy any more; and the schedule it need not know of.
    const policy = rows.order?.archive ?? settings.archive
    found.set(rows.volume, describeVolume(rows, policy, now, faults))
    scheduled ||= rows.order !== undefined
  }
  for (const volume of Object.keys(settings.volumes)) add({ volume })
  for await (const rows of fleet.list(database)) add(rows)
  const volumes = [...found.values()].sort((a, b) => (a.volume < b.volume ? -1 : 1))
  const bucket = index && (await bucketByState(index, database))
  return { database, scheduled, volumes, together: addUp(volumes), bucket }
}

async function bucketByState(index: BlobIndex, database: string) {
  const tallies: Partial<Record<BlobState, Tally>> = {}
  for await (const row of index.list(database)) count(tallies, row.state, row.size)
  return tallies
}
