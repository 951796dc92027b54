import { NiceBlobsError } from './model/errors.ts'
import { judgePresence } from './model/volume-presence.ts'
import type { FleetIndex } from './ports.ts'

/**
 * Says that a volume was taken away on purpose, so that nobody is told any more of its silence. An agent that comes back with it
 * takes this back. Refused while one gives signs.
 */
export async function retireVolume(
  fleet: FleetIndex,
  database: string,
  volume: string,
  now: number,
  silentAfter: number,
): Promise<void> {
  const rows = await fleet.read(database, volume)
  const { lease } = rows
  if (!lease) throw refused(database, volume, 'no agent has ever told of it')
  const alive = lease.holder !== undefined && judgePresence(rows, now, silentAfter) === 'present'
  if (alive) throw refused(database, volume, `the agent of ${lease.host} looks after it`)
  const { holder: _, ...left } = lease
  const retired = { ...left, revision: lease.revision + 1, retired: true }
  if (!(await fleet.writeLease(lease, retired))) throw refused(database, volume, 'an agent has just taken it')
}

function refused(database: string, volume: string, message: string): NiceBlobsError {
  return new NiceBlobsError('USAGE_WRONG', `this volume cannot be retired: ${message}`, {
    subject: `${database}/${volume}`,
    hint: 'nice-blobs status lists the volumes; end the agent of one that goes, or take it out of its configuration',
  })
}
