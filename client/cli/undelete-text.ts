import { count, type Tally } from '../../core/model/archive-policy.ts'
import { formatMoment } from '../../core/model/moment.ts'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import { planUndelete, type UndeletePlan } from '../../core/model/undelete-plan.ts'
import type { Undelete, Undeleted } from '../../core/undelete.ts'
import type { Chosen } from '../../core/undelete-run.ts'
import { summaryText } from './progress.ts'

/** Of a whole report there may be a million. */
const SHOWN = 1_000

const WOULD: Readonly<Record<UndeletePlan['step'], string>> = {
  none: 'nothing to do',
  revive: 'would be revived',
  restore: 'would be restored',
  search: 'would be looked for',
  wait: 'would have to wait',
}

/** A line for each blob: what would be done, why, and until when it can be. */
export async function tellPlans(
  { now, keeping }: Undelete,
  chosen: AsyncIterable<Chosen>,
  json: boolean,
): Promise<number> {
  const outcomes: Record<string, Tally> = {}
  for await (const { ref, row } of chosen) {
    const plan = planUndelete(row, now(), keeping)
    const bytes = row?.size ?? 0
    count(outcomes, WOULD[plan.step], bytes)
    if (json) writePlan(ref, plan, bytes)
    else console.log(`${WOULD[plan.step]}: ${formatRef(ref)}, ${plan.reason}${endOf(plan, 'can')}`)
  }
  if (json) process.stdout.write(`${JSON.stringify({ event: 'done', interrupted: false, outcomes })}\n`)
  else console.log(summaryText({ outcomes, failures: {} }))
  return 0
}

/** `restored: 00000000000004d2/03d167f919308700, swept 2026-11-20 02:00 UTC; it could be undone until …` */
function undeletedLine(ref: Ref, { outcome, plan }: Undeleted): string {
  return `${outcome}: ${formatRef(ref)}, ${plan.reason}${endOf(plan, 'could')}`
}

function endOf({ step, until }: UndeletePlan, verb: string): string {
  if (step === 'none' || step === 'wait') return ''
  const end = until === undefined ? 'as long as the bucket keeps the version' : `until ${formatMoment(until)}`
  return `; it ${verb} be undone ${end}`
}

export function undeletedAsJson(ref: Ref, { plan, bytes }: Undeleted): void {
  writePlan(ref, plan, bytes)
}

function writePlan(ref: Ref, plan: UndeletePlan, bytes: number): void {
  process.stdout.write(`${JSON.stringify({ event: 'plan', ref: formatRef(ref), bytes, ...plan })}\n`)
}

/** Keeps lines until the run has ended: progress has the terminal for itself until then. */
export function collectUndeleted() {
  const first: string[] = []
  let all = 0
  return {
    add(ref: Ref, done: Undeleted): void {
      all += 1
      if (first.length < SHOWN) first.push(undeletedLine(ref, done))
    },
    *lines(): Generator<string> {
      yield* first
      if (all > first.length) yield `${all - first.length} more; --json tells them all`
    },
  }
}
