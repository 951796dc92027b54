import { giveVerdict } from '../../core/give-verdict.ts'
import { EXIT } from '../../core/model/errors.ts'
import type { Verdict } from '../../core/model/verdict.ts'
import { listReports, readReportStatus } from '../../core/report-status.ts'
import { chooseDatabase } from '../settings.ts'
import { connectReports } from './connect-garbage.ts'
import { listLines, statusLines } from './gc-text.ts'
import type { ConfigOptions } from './options.ts'

export interface GarbageOptions extends ConfigOptions {
  json?: true
}

/** Of all databases, or of the one that was named. The status says whether a person is waited for. */
export async function listGarbage(options: GarbageOptions): Promise<number> {
  const { reports, config } = connectReports(options)
  const names = options.database === undefined ? Object.keys(config.databases) : [options.database]
  let status = 0
  for (const name of names) {
    const { database } = chooseDatabase(config, name)
    const listed = await listReports(reports, database)
    if (options.json) for (const report of listed) writeLine(report)
    else for (const line of listLines(database, listed)) console.log(line)
    if (listed.some(({ open }) => open)) status = EXIT.left
  }
  return status
}

export async function showReport(report: string, options: GarbageOptions): Promise<number> {
  const { reports, bucket, config } = connectReports(options)
  const { database } = chooseDatabase(config, options.database)
  const status = await readReportStatus({ reports, bucket }, database, report)
  if (options.json) writeLine(status)
  else for (const line of statusLines(status)) console.log(line)
  return 0
}

export async function decide(report: string, verdict: Verdict, options: GarbageOptions): Promise<number> {
  const { reports, bucket, config } = connectReports(options)
  const { database } = chooseDatabase(config, options.database)
  const outcome = await giveVerdict({ reports, bucket }, { database, report }, verdict)
  if (options.json) writeLine({ database, report, verdict, outcome })
  else
    console.log(
      `${verdict} of ${report} is ${outcome}; the condemner follows it: nice-blobs gc show ${report}`,
    )
  return 0
}

function writeLine(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
