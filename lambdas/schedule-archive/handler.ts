import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import { createDynamoClient } from '../../core/aws/dynamo-index.ts'
import { metricLine } from '../../core/model/metric-line.ts'
import { POLICY_FILE } from '../../core/model/policy-file.ts'
import type { VolumeDecision } from '../../core/model/schedule-plan.ts'
import { atAnyHour, parseSchedulePolicy } from '../../core/model/schedule-policy.ts'
import { reportSchedule } from '../../core/model/schedule-report.ts'
import { runSchedule, type ScheduleOutcome } from '../../core/schedule-run.ts'
import { readEnvironment } from './env.ts'
import { parseEvent } from './event.ts'

interface Context {
  getRemainingTimeInMillis(): number
}

/** Longer than any function lives on after its time is over; with that, over before Lambda's second repetition comes. */
const MARGIN = 30_000
/** Volumes that an answer tells one by one; the log has the others. */
const MOST_TOLD = 1_000
/** What is not worth a line for each volume and run. */
const QUIET: readonly VolumeDecision['reason'][] = ['nothing to do', 'not scheduled', 'gone']

const environment = readEnvironment(process.env)
const policy = parseSchedulePolicy(readFileSync(join(__dirname, POLICY_FILE), 'utf8'))
const client = createDynamoClient({ table: environment.table }, { region: process.env.AWS_REGION ?? '' })
const fleet = createDynamoFleet(environment.table, client)

/** One run of the schedule, or with `dryRun` what it would do and why. */
export async function handler(event: unknown, context: Context): Promise<object> {
  const started = Date.now()
  const asked = parseEvent(event, started)
  const dryRun = asked.dryRun || policy.dryRun
  const patience = context.getRemainingTimeInMillis() + MARGIN
  const followed = asked.dryRun ? atAnyHour(policy) : policy
  const result = await runSchedule(fleet, followed, { run: asked.run, dryRun, patience, now: Date.now })
  return { run: new Date(asked.run).toISOString(), dryRun, ...tell(result, asked.dryRun) }
}

/** A run of the schedule that only tells measures all the same. */
function tell(result: ScheduleOutcome, asked: boolean): object {
  if (result.outcome !== 'planned') return result
  const now = Date.now()
  const { metrics, ...report } = reportSchedule(result.decisions, now)
  if (!asked) console.log(metricLine(environment.installation, metrics, now))
  const worth = result.decisions.filter(({ reason }) => !QUIET.includes(reason))
  const volumes = worth.map(({ order, ...decision }) => ({ ...decision, budget: order?.budget }))
  for (const volume of volumes) console.log(JSON.stringify(volume))
  return {
    outcome: 'planned',
    ...report,
    volumes: volumes.slice(0, MOST_TOLD),
    untold: Math.max(0, volumes.length - MOST_TOLD),
  }
}
