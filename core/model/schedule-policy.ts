import { z } from 'zod'
import type { Config } from './config.ts'
import { parsePolicy } from './policy-file.ts'
import type { StackConfig } from './stack-config.ts'

/** What the schedule's function has of the configuration, in the file beside its code. Durations in milliseconds, sizes in bytes. */
const schedulePolicySchema = z.object({
  formatVersion: z.literal(1),
  dryRun: z.boolean(),
  every: z.number().positive(),
  silentAfter: z.number().nonnegative(),
  leastFree: z.number(),
  databases: z.record(
    z.string(),
    z.object({
      archive: z.object({
        minAge: z.number(),
        minSize: z.number(),
        quiet: z.number(),
        allowEmpty: z.boolean(),
      }),
      release: z.object({ delay: z.number(), replicated: z.boolean() }),
      schedule: z
        .object({
          bytesPerRun: z.number().optional(),
          blobsPerRun: z.number().optional(),
          hours: z.string().optional(),
          timeZone: z.string(),
        })
        .optional(),
    }),
  ),
})

export type SchedulePolicy = Readonly<z.infer<typeof schedulePolicySchema>>
export type DatabasePolicy = SchedulePolicy['databases'][string]

export function makeSchedulePolicy(
  { schedule: { every, dryRun, silentAfter, leastFree } }: Pick<StackConfig, 'schedule'>,
  databases: Config['databases'],
): SchedulePolicy {
  const policies = Object.entries(databases).map(([name, { archive, release, schedule }]) => [
    name,
    { archive, release, schedule },
  ])
  return { formatVersion: 1, dryRun, every, silentAfter, leastFree, databases: Object.fromEntries(policies) }
}

/** Whoever asks by day wants to know what the night will bring. */
export function atAnyHour(policy: SchedulePolicy): SchedulePolicy {
  const databases = Object.entries(policy.databases).map(([name, database]) => {
    const schedule = database.schedule && { ...database.schedule, hours: undefined }
    return [name, { ...database, schedule }]
  })
  return { ...policy, databases: Object.fromEntries(databases) }
}

export const parseSchedulePolicy = (text: string): SchedulePolicy => parsePolicy(schedulePolicySchema, text)
