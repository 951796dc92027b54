import { z } from 'zod'

const eventSchema = z.strictObject({ dryRun: z.boolean().optional() })

/** By the schedule `{}`; by a person `{ "dryRun": true }`, to be told what would be swept and why not more. */
export function parseEvent(event: unknown): { readonly dryRun: boolean } {
  const result = eventSchema.safeParse(event ?? {})
  if (!result.success) throw new Error(`not an event of this function: ${result.error.message}`)
  return { dryRun: result.data.dryRun ?? false }
}
