import { randomBytes } from 'node:crypto'
import { BlobUnavailable, NiceBlobsError } from './model/errors.ts'
import { manifestKey, reportId } from './model/key.ts'
import { formatManifest, type Manifest } from './model/live-report.ts'
import { MINUTE } from './model/quantity.ts'
import type { HexId } from './model/ref.ts'
import { tidToTime } from './model/tid.ts'
import type { BlobBucket } from './ports.ts'
import { readReportText } from './records/report-text.ts'
import { writeRuns } from './records/runs.ts'
import { withScratchFile } from './records/scratch-file.ts'
import { putBytes, sendParts } from './send-parts.ts'

export interface ReportOrigin {
  readonly database: string
  readonly generation: string
  readonly bucket: BlobBucket
  /** A directory that has room for some 32 bytes for each line. */
  readonly scratch: string
  /** Milliseconds since 1970. */
  now(): number
}

/** What the clocks of two hosts may differ by; milliseconds. */
const AHEAD = 5 * MINUTE

export type SentReport = Pick<Manifest, 'report' | 'database' | 'generation' | 'horizon' | 'revisions'>

/**
 * Sends a live report that comes as text, in constant memory. Nothing of one is sent before it has come to its end, and nothing
 * counts before its manifest is there, which is the last: it may be killed anywhere (I8), and sent again it is another report.
 */
export async function sendReport(
  { database, generation, bucket, scratch, now }: ReportOrigin,
  text: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<SentReport> {
  return withScratchFile(scratch, async file => {
    const runs = await writeRuns(file, readReportText(text))
    const horizon = requireHorizon(runs.horizon, now())
    const report = reportId(horizon, randomBytes(8).toString('hex'))
    const parts = await sendParts(file, runs, { bucket, database, report }, signal)
    const revisions = parts.reduce((sum, part) => sum + part.revisions, 0)
    const sent = { report, database, generation, horizon, revisions }
    const manifest = Buffer.from(formatManifest({ formatVersion: 1, ...sent, parts }))
    await putBytes(bucket, manifestKey(database, report), manifest, 'application/json')
    return sent
  })
}

/** By one ahead of the time what is written until then would not be young to it. */
function requireHorizon(horizon: HexId | undefined, now: number): HexId {
  if (horizon === undefined)
    throw new NiceBlobsError('REPORT_CUT_OFF', 'this is no live report: it names no revision at all', {
      subject: 'live report',
      hint: 'no report was sent; a database has one revision at least, that of its root',
    })
  if (tidToTime(horizon) <= now + AHEAD) return horizon
  throw new BlobUnavailable('CLOCK_WRONG', 'a revision was written more than five minutes from now', {
    subject: horizon,
    hint: 'no report was sent; check the clock of this host and those of the application’s, and what lists the revisions',
  })
}
