import { z } from 'zod'
import type { Config } from './config.ts'
import { parsePolicy } from './policy-file.ts'
import type { StackConfig } from './stack-config.ts'

/** What condemner and sweeper have of the configuration, in the file beside their code. Durations in milliseconds. */
const garbagePolicySchema = z.object({
  formatVersion: z.literal(1),
  grace: z.number().nonnegative(),
  largestShare: z.number(),
  sweptPerRun: z.int().positive(),
  databases: z.record(z.string(), z.object({ generation: z.string().min(1) })),
})

export type GarbagePolicy = Readonly<z.infer<typeof garbagePolicySchema>>

export function makeGarbagePolicy(
  { garbage: { grace, largestShare, sweptPerRun } }: Pick<StackConfig, 'garbage'>,
  databases: Config['databases'],
): GarbagePolicy {
  const generations = Object.entries(databases).map(([name, { generation }]) => [name, { generation }])
  return { formatVersion: 1, grace, largestShare, sweptPerRun, databases: Object.fromEntries(generations) }
}

export const parseGarbagePolicy = (text: string): GarbagePolicy => parsePolicy(garbagePolicySchema, text)
