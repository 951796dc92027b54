import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'
import { horizonOf, isDatabaseName } from './key.ts'
import { PARTS } from './live-report.ts'

/**
 * What the index knows of live reports (docs/formats.md, "Report rows"): a row for each, and one for each shard and phase of its
 * work. Only the condemner writes them. Times in milliseconds since 1970.
 */

/** What all partitions of reports begin with. */
export const ALL_REPORTS = 'report#'
export const SWEEP_PARTITION = 'sweep'
export const SWEEP_SORT_KEY = 'run'

/** `report#main`: the reports of one database. */
export function reportPartition(database: string): string {
  return `${ALL_REPORTS}${database}`
}

/** `report#main#<report>`: the shards of one report. */
export function shardPartition(database: string, report: string): string {
  return `${reportPartition(database)}#${report}`
}

/** `count#3f`; the rows of one phase stand together, in the order of their shards. */
export function shardSortKey({ phase, shard }: Pick<ShardRow, 'phase' | 'shard'>): string {
  return `${phase}#${shard.toString(16).padStart(2, '0')}`
}

/** Why a report is not followed; docs/operations.md tells of each. */
export const REFUSALS = [
  'incomplete',
  'damaged',
  'foreign',
  'other generation',
  'older',
  'future',
  'repeated',
  'unrelated',
  'contradicting',
  'too much',
] as const
export type Refusal = (typeof REFUSALS)[number]

/**
 * `counting`: nothing is changed yet · `waiting`: for a person · `refused`: never followed · `condemning`: followed, shard by shard ·
 * `done` · `rejected`: by a person.
 */
export const REPORT_STATES = ['counting', 'waiting', 'refused', 'condemning', 'done', 'rejected'] as const
export type ReportState = (typeof REPORT_STATES)[number]

const count = z.int().nonnegative()

/** Rows of the index held against a report; each row is in one of them. Bytes are of what is to be condemned. */
const countsSchema = z.object({
  /** Named, and archived. */
  alive: count,
  /** Not named, and younger than the horizon. */
  young: count,
  /** Not named, to be condemned or just condemned. */
  condemned: count,
  condemnedBytes: count,
  /** Not named, and condemned before. */
  known: count,
  /** Not named, and being swept or swept. */
  swept: count,
  /** Named and condemned: to be revived, or just revived. */
  revived: count,
  /** Named, and being swept or swept: to be undeleted by a person. */
  sweptAlive: count,
  /** Of the last two, what was condemned in this very generation, in which nothing dead comes back to life. */
  contradicting: count,
})
export type ReportCounts = Readonly<z.infer<typeof countsSchema>>

const reasonSchema = z.object({ refusal: z.enum(REFUSALS), told: z.string() })
export type Reason = Readonly<z.infer<typeof reasonSchema>>

const common = {
  formatVersion: z.literal(1),
  database: z.string().refine(isDatabaseName),
  report: z.string().refine(text => horizonOf(text) !== undefined),
}

const reportSchema = z.object({
  ...common,
  /** One more with every write. */
  revision: count,
  state: z.enum(REPORT_STATES),
  /** Absent for a manifest that cannot be read. */
  generation: z.string().min(1).optional(),
  /** How many revisions it names. */
  revisions: count.optional(),
  manifestSha256: z.string(),
  /** Of the manifest, by the bucket's clock. */
  storedAt: z.number(),
  reasons: z.array(reasonSchema),
  /** Once all shards are counted; once it is done, what was changed. */
  counts: countsSchema.optional(),
  /** When it was decided to follow it: the grace of what it condemns begins here. */
  decidedAt: z.number().optional(),
  /** When it was done, refused or rejected, or began to wait. */
  endedAt: z.number().optional(),
  /** Whether a person let it pass. */
  approved: z.boolean().optional(),
})
export type ReportRow = Readonly<z.infer<typeof reportSchema>>

export type ReportPhase = 'count' | 'condemn'

const shardSchema = z.object({
  ...common,
  phase: z.enum(['count', 'condemn']),
  shard: z.int().min(0).lt(PARTS),
  counts: countsSchema,
  /** What is wrong with the part. */
  reason: reasonSchema.optional(),
})
export type ShardRow = Readonly<z.infer<typeof shardSchema>>

const sweepLeaseSchema = z.object({
  formatVersion: z.literal(1),
  revision: count,
  /** Nobody else sweeps before; 0 when the run has ended. */
  until: z.number(),
})
export type SweepLease = Readonly<z.infer<typeof sweepLeaseSchema>>

const SCHEMAS = { report: reportSchema, shard: shardSchema, lease: sweepLeaseSchema } as const
interface RowOf {
  report: ReportRow
  shard: ShardRow
  lease: SweepLease
}

export function parseReportRow<Kind extends keyof RowOf>(
  kind: Kind,
  value: unknown,
  subject: string,
): RowOf[Kind] {
  const result = SCHEMAS[kind].safeParse(value)
  // The schema is that of the kind.
  if (result.success) return result.data as RowOf[Kind]
  throw new NiceBlobsError('FORMAT_UNKNOWN', 'a row of garbage collection that this version cannot read', {
    subject,
    hint: 'deploy the version that wrote it, or a later one: npx cdk deploy --all',
    cause: result.error,
  })
}

export const NO_COUNTS: ReportCounts = {
  alive: 0,
  young: 0,
  condemned: 0,
  condemnedBytes: 0,
  known: 0,
  swept: 0,
  revived: 0,
  sweptAlive: 0,
  contradicting: 0,
}

export function addCounts(a: ReportCounts, b: ReportCounts): ReportCounts {
  const sums = Object.keys(NO_COUNTS).map(name => [
    name,
    a[name as keyof ReportCounts] + b[name as keyof ReportCounts],
  ])
  return Object.fromEntries(sums)
}
