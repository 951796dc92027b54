import { takeReport } from './condemn/arrival.ts'
import { condemnShard } from './condemn/condemn-shard.ts'
import type { Condemner } from './condemn/condemner.ts'
import { countShard } from './condemn/count-shard.ts'
import { takeVerdict } from './condemn/verdict.ts'
import type { GarbageMessage } from './model/garbage-message.ts'
import type { ReportRow } from './model/report-row.ts'

/**
 * Works off one message, which may come again, late, and in any order (I8). Answers the report's row where this message decided
 * something about it. Throws whatever goes wrong, so that the message comes again; an outage never refuses a report (I11).
 */
export async function workOff(condemner: Condemner, message: GarbageMessage): Promise<ReportRow | undefined> {
  if (message.what !== 'shard')
    return message.what === 'manifest' ? takeReport(condemner, message) : takeVerdict(condemner, message)
  const { work } = message
  return work.phase === 'count' ? countShard(condemner, work) : condemnShard(condemner, work)
}
