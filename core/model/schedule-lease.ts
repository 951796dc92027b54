import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'

/** Which run of the schedule is at work, so that two never divide one budget at the same time (docs/formats.md, "Schedule row"). */
export const SCHEDULE_PARTITION = 'schedule'
export const SCHEDULE_SORT_KEY = 'run'

const scheduleLeaseSchema = z.object({
  formatVersion: z.literal(1),
  revision: z.int().nonnegative(),
  /** Scheduled time, milliseconds since 1970. */
  run: z.number(),
  /** Milliseconds since 1970: nobody else works before; 0 when the run has ended. */
  until: z.number(),
})

export type ScheduleLease = Readonly<z.infer<typeof scheduleLeaseSchema>>

export function parseScheduleLease(value: unknown, subject: string): ScheduleLease {
  const result = scheduleLeaseSchema.safeParse(value)
  if (result.success) return result.data
  throw new NiceBlobsError('FORMAT_UNKNOWN', 'a lease of the schedule that this version cannot read', {
    subject,
    hint: 'deploy the version that wrote it, or a later one: npx cdk deploy --all',
    cause: result.error,
  })
}
