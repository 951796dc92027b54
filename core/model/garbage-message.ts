import { z } from 'zod'
import { horizonOf, isDatabaseName, parseReportKey } from './key.ts'
import { PARTS } from './live-report.ts'

/** One piece of the condemner's work, a message each: one shard of one report. */
const shardWorkSchema = z.strictObject({
  formatVersion: z.literal(1),
  phase: z.enum(['count', 'condemn']),
  database: z.string().refine(isDatabaseName),
  report: z.string().refine(text => horizonOf(text) !== undefined),
  shard: z.int().min(0).lt(PARTS),
})

/** As EventBridge tells of a new object. */
const eventSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  detail: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
})

export type ShardWork = Readonly<z.infer<typeof shardWorkSchema>>

/** A manifest or a verdict has come, or a shard is to be worked off. */
export type GarbageMessage =
  | { what: 'manifest' | 'verdict'; database: string; report: string }
  | { what: 'shard'; work: ShardWork }

/** The body of a message of the condemner's queue; `undefined` for another bucket's, or a key that is nothing of ours. */
export function parseGarbageMessage(body: string, bucket: string): GarbageMessage | undefined {
  const value: unknown = JSON.parse(body)
  const work = shardWorkSchema.safeParse(value)
  if (work.success) return { what: 'shard', work: work.data }
  const { detail } = eventSchema.parse(value)
  return detail.bucket.name === bucket ? parseReportKey(detail.object.key) : undefined
}

export function formatShardWork(work: ShardWork): string {
  return JSON.stringify(work)
}
