import { isDeepStrictEqual } from 'node:util'
import { findUnread } from './find-unread.ts'
import { allShards } from './model/blob-row.ts'
import { NiceBlobsError } from './model/errors.ts'
import { type DatabaseVerdict, judgeDatabase, type SweepHold } from './model/judge-database.ts'
import { isOpen, latestOf, ReportRefused } from './model/judge-report.ts'
import { manifestKey } from './model/key.ts'
import type { Manifest } from './model/live-report.ts'
import type { ReportRow } from './model/report-row.ts'
import { beginSweep, type DatabaseSweep } from './model/sweep-report.ts'
import { readManifest, withPart } from './read-report.ts'
import { isLate, type Sweeping, sweepShard } from './sweep-shard.ts'

interface Followed {
  readonly latest: ReportRow
  readonly manifest: Manifest
}

/** Sweeps one database; what ends it there, an outage or something odd, keeps no other from being swept. */
export async function sweepDatabase({ ports, run }: Omit<Sweeping, 'sweep'>): Promise<DatabaseSweep> {
  const sweep = beginSweep(ports.database)
  try {
    const rows = await ports.reports.list(ports.database)
    sweep.openReports = rows.filter(row => isOpen(row, rows)).length
    const last = latestOf(rows.filter(({ state }) => state === 'done'))
    sweep.sweptAlive = last?.counts?.sweptAlive ?? 0
    await sweepShards({ ports, run, sweep }, judgeDatabase(rows, run))
  } catch (error) {
    if (!(error instanceof NiceBlobsError)) throw error
    sweep.ended = 'failed'
    sweep.told = `${error.code}: ${error.message} (${error.subject})`
  }
  return sweep
}

/** Also where nothing is swept: what an earlier run left in the middle, nobody else may end. */
async function sweepShards(sweeping: Sweeping, verdict: DatabaseVerdict): Promise<void> {
  const { run, sweep } = sweeping
  const followed = await readFollowed(sweeping, verdict)
  // Counted anew, as a person may have undeleted them meanwhile.
  if (followed) sweep.sweptAlive = 0
  const shards = allShards()
  for (const at of shards) {
    if (isLate(sweeping)) return
    if (followed && (await hasChanged(sweeping, verdict))) {
      sweep.ended = 'changed'
      return
    }
    await sweepBy(sweeping, followed, (at + run.firstShard) % shards.length)
  }
}

/** A report that came meanwhile may name what the last one does not. */
async function hasChanged({ ports, run }: Sweeping, verdict: DatabaseVerdict): Promise<boolean> {
  const rows = await ports.reports.list(ports.database)
  return !isDeepStrictEqual(judgeDatabase(rows, run), verdict)
}

async function readFollowed(sweeping: Sweeping, verdict: DatabaseVerdict): Promise<Followed | undefined> {
  const { ports, sweep } = sweeping
  if ('hold' in verdict) return hold(sweep, verdict.hold, verdict.reports)
  const { latest } = verdict
  const unread = await findUnread(ports, latest)
  if (unread.length > 0) return hold(sweep, 'unread report', unread)
  sweep.reports = [latest.report]
  try {
    const found = await readManifest(ports.bucket, ports.database, latest.report)
    if (!found) return hold(sweep, 'report gone', sweep.reports)
    if (found.sha256 === latest.manifestSha256) return { latest, manifest: found.manifest }
    const key = manifestKey(ports.database, latest.report)
    throw new ReportRefused('repeated', 'its manifest is not the one that was followed', key)
  } catch (error) {
    return noteRefusal(sweep, error)
  }
}

async function sweepBy(sweeping: Sweeping, followed: Followed | undefined, shard: number): Promise<void> {
  const { ports, run, sweep } = sweeping
  try {
    if (followed) {
      const { latest, manifest } = followed
      await withPart(ports.bucket, manifest, shard, run.scratch, named =>
        sweepShard(sweeping, shard, { latest, named }),
      )
      return
    }
  } catch (error) {
    noteRefusal(sweep, error)
  }
  await sweepShard(sweeping, shard)
}

function hold(sweep: DatabaseSweep, why: SweepHold, reports: readonly string[]): undefined {
  sweep.ended = 'held'
  sweep.hold = why
  sweep.reports = reports
}

/** The bucket keeps reports for a time only; anything else is wrong with one that was followed. */
function noteRefusal(sweep: DatabaseSweep, error: unknown): undefined {
  if (!(error instanceof ReportRefused)) throw error
  if (error.reason.refusal === 'incomplete') return hold(sweep, 'report gone', sweep.reports)
  sweep.ended = 'odd'
  sweep.oddities.push({ subject: error.subject, oddity: 'damaged report' })
}
