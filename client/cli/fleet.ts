import { reportDatabase } from '../../core/fleet-report.ts'
import { EXIT } from '../../core/model/errors.ts'
import { needsPerson } from '../../core/model/fleet-status.ts'
import { stackSchema } from '../../core/model/stack-config.ts'
import { retireVolume } from '../../core/retire-volume.ts'
import { chooseDatabase } from '../settings.ts'
import { databaseLines } from './fleet-text.ts'
import type { ConfigOptions } from './options.ts'

export interface FleetOptions extends ConfigOptions {
  json?: true
  quick?: true
  retire?: string
}

/** How the volumes of all databases are doing, or of the one that was named. Answers the exit status. */
export async function tellFleet(options: FleetOptions): Promise<number> {
  const { connectFleet } = await import('./connect.ts')
  const { fleet, index, config } = connectFleet(options)
  const { database } = options
  const names = database === undefined ? Object.keys(config.databases) : [database]
  const faults = (config.stack ?? stackSchema.parse({})).schedule
  if (options.retire !== undefined)
    await retireVolume(
      fleet,
      chooseDatabase(config, database).database,
      options.retire,
      Date.now(),
      faults.silentAfter,
    )
  let status = 0
  for (const name of names) {
    const { settings } = chooseDatabase(config, name)
    const now = Date.now()
    const asked = options.quick ? undefined : index
    const report = await reportDatabase(fleet, asked, name, settings, now, faults)
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
    else for (const line of databaseLines(report, now)) console.log(line)
    if (report.volumes.some(needsPerson)) status = EXIT.left
  }
  return status
}
