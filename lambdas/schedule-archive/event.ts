import { z } from 'zod'

const eventSchema = z.strictObject({
  /** The scheduled time, as EventBridge Scheduler puts it in. */
  run: z.iso.datetime({ offset: true }).optional(),
  dryRun: z.boolean().optional(),
})

/** By the schedule: `{ "run": "2026-11-25T22:00:00Z" }`. By a person: `{ "dryRun": true }`, or `{}` for a run of its own. */
export interface ScheduleEvent {
  /** Milliseconds since 1970. */
  readonly run: number
  readonly dryRun: boolean
}

/** A scheduler delivers late, and never early by more than clocks are apart. Milliseconds. */
const EARLIEST = 900_000

/** A run from the future would keep all runs before it from being worked off. */
export function parseEvent(event: unknown, now: number): ScheduleEvent {
  const result = eventSchema.safeParse(event ?? {})
  if (!result.success) throw new Error(`not an event of this function: ${result.error.message}`)
  const { run: scheduled, dryRun = false } = result.data
  const run = scheduled === undefined ? now : Date.parse(scheduled)
  if (run > now + EARLIEST) throw new Error(`a run of ${scheduled} has not come yet`)
  return { run, dryRun }
}
