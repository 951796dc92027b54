import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'
import { isDatabaseName } from './key.ts'
import { DAY } from './quantity.ts'

/**
 * What agents and the schedule tell each other of a volume: three rows, each with one writer (docs/formats.md, "Volume rows").
 * They hold nothing that cannot be made again. Times in milliseconds since 1970, ages and durations in milliseconds.
 */

const VOLUME_FORMAT = 1

export const VOLUME_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/
/** What all partitions of volumes begin with. */
const ALL_VOLUMES = 'volume#'

/** `volume#main`: all volumes of one database and of no other (I9). */
export function volumePartition(database: string): string {
  return `${ALL_VOLUMES}${database}`
}

const count = z.int().nonnegative()
const time = z.number()
const duration = z.number().nonnegative()
const tally = z.object({ blobs: count, bytes: count })

const common = {
  formatVersion: z.literal(VOLUME_FORMAT),
  database: z.string().refine(isDatabaseName),
  volume: z.string().regex(VOLUME_NAME),
}

const leaseSchema = z.object({
  ...common,
  /** Grows with every write, so that whoever writes knows whether somebody else did. */
  revision: count,
  /** Grows whenever the lease passes to another agent. */
  term: count,
  /** Which agent, by a name that no other process has; undefined when it gave the lease back. */
  holder: z.string().min(1).optional(),
  host: z.string(),
  /** Of the directory itself: two disks under one name are two volumes. */
  identity: z.string().min(1),
  /** By the agent's own clock. */
  heartbeatAt: time,
  /** Between two of them, in milliseconds: each agent is judged by its own. */
  heartbeat: z.number().positive(),
  /** When its work last went well; since then it has been waiting for something, which `trouble` names by its code. */
  workedAt: time,
  trouble: z.string().optional(),
  /** Taken away on purpose; nobody waits for it. An agent that takes the lease takes this back. */
  retired: z.boolean().optional(),
  /** What has been taken so far of the budget of the order of that run, before it is used. */
  spent: tally.extend({ run: time }).optional(),
})

const summarySchema = z.object({
  ...common,
  /** The lease's. */
  term: count,
  madeAt: time,
  /** Of what waits to be archived: lower edges of the classes, and `[age class, size class, blobs, bytes]` where there are any. */
  waiting: z.object({
    ages: z.array(duration).min(1),
    sizes: z.array(count).min(1),
    cells: z.array(z.tuple([count, count, count, count])),
  }),
  /** When the oldest was written of those waiting that are large enough; undefined when there is none. */
  oldestWaiting: time.optional(),
  /** Archived, and not yet released. */
  archived: tally,
  /** What cannot be archived or released, and a person should look at. */
  left: tally,
  disk: z.object({ size: count, free: count }),
  /** What the cache of this host takes and may take. */
  cache: z.object({ bytes: count, limit: count }).optional(),
  /** What was done since then, a day ago at the most. */
  lately: z.object({ since: time, archived: tally, released: tally }),
})

const budgetSchema = z.object({ blobs: count.optional(), bytes: count.optional() })

const orderSchema = z.object({
  ...common,
  /** The scheduled time of the run that gave it: a later one takes its place, the same one given twice changes nothing. */
  run: time,
  issuedAt: time,
  validFor: duration,
  archive: z.object({ minAge: duration, minSize: count, quiet: duration, allowEmpty: z.boolean() }),
  release: z.object({ delay: duration, replicated: z.boolean() }),
  /** Without a limit where there is no number. */
  budget: budgetSchema,
})

/** Who of several agents works on a volume. */
export type LeaseRow = Readonly<z.infer<typeof leaseSchema>>
/** What there is in a volume, in a few hundred numbers. */
export type SummaryRow = Readonly<z.infer<typeof summarySchema>>
/** What the schedule lets a volume's agent do. */
export type OrderRow = Readonly<z.infer<typeof orderSchema>>
export type Budget = z.infer<typeof budgetSchema>

/** What is known of one volume. */
export interface VolumeRows {
  readonly volume: string
  readonly lease?: LeaseRow | undefined
  readonly summary?: SummaryRow | undefined
  readonly order?: OrderRow | undefined
  /** What is there and cannot be read by this version, in words; it is none of the above. */
  readonly unreadable?: string | undefined
}

const VOLUME_ROWS = { lease: leaseSchema, summary: summarySchema, order: orderSchema } as const
export type VolumeRowKind = keyof typeof VOLUME_ROWS
export type VolumeRowOf = { lease: LeaseRow; summary: SummaryRow; order: OrderRow }

/** What is later than that was never scheduled. Milliseconds since 1970. */
export function latestRun(now: number): number {
  return now + DAY
}

/** `blobs#lease`; the rows of one volume stand together. */
export function volumeSortKey(volume: string, kind: VolumeRowKind): string {
  return `${volume}#${kind}`
}

/** The exact inverse of volumeSortKey; undefined for any other text. */
export function parseVolumeSortKey(text: string): { volume: string; kind: VolumeRowKind } | undefined {
  const [volume = '', kind = '', ...rest] = text.split('#')
  if (rest.length > 0 || !VOLUME_NAME.test(volume) || !Object.hasOwn(VOLUME_ROWS, kind)) return undefined
  return { volume, kind: kind as VolumeRowKind }
}

export function parseVolumeRow<Kind extends VolumeRowKind>(
  kind: Kind,
  value: unknown,
  subject: string,
): VolumeRowOf[Kind] {
  const result = VOLUME_ROWS[kind].safeParse(value)
  if (result.success) return result.data as VolumeRowOf[Kind]
  throw new NiceBlobsError('FORMAT_UNKNOWN', `this version cannot read the ${kind} of a volume`, {
    subject,
    hint: 'upgrade nice-blobs here, or have an administrator delete the row, which is then made anew (docs/formats.md)',
    cause: result.error,
  })
}
