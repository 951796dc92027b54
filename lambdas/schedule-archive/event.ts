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

export function parseEvent(event: unknown, now: number): ScheduleEvent {
  const result = eventSchema.safeParse(event ?? {})
  if (!result.success) throw new Error(`not an event of this function: ${result.error.message}`)
  const { run, dryRun = false } = result.data
  return { run: run === undefined ? now : Date.parse(run), dryRun }
}
