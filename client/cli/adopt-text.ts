import type { PlannedBlob } from '../../core/adopt-run.ts'
import type { AdoptStep } from '../../core/model/adopt-plan.ts'
import { count, type Tally } from '../../core/model/archive-policy.ts'
import { EXIT } from '../../core/model/errors.ts'
import { printable } from '../../core/model/printable.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import { formatRef } from '../../core/model/ref.ts'
import type { AdoptEvents } from '../../core/run.ts'
import { summaryText } from './progress.ts'

/** Of a bucket that is used for something else too, there may be a million. */
const SHOWN = 100

const WOULD: Readonly<Record<AdoptStep, string>> = {
  adopt: 'would be adopted',
  none: 'adopted before',
  collected: 'collected before',
  conflict: 'in conflict',
}

/** Counts what would be done, and names what would not: conflicts and foreign objects. */
export async function tellAdoptions(
  plan: (foreign: AdoptEvents['foreign']) => AsyncIterable<PlannedBlob>,
  json: boolean,
): Promise<number> {
  const outcomes: Record<string, Tally> = {}
  const collected = collectForeign()
  const foreign: AdoptEvents['foreign'] = (key, bytes, reason) => {
    count(outcomes, 'foreign', bytes)
    if (json) write({ event: 'foreign', key, bytes, reason })
    else collected.add(key, bytes, reason)
  }
  for await (const { key, ref, size, plan: planned } of plan(foreign)) {
    count(outcomes, WOULD[planned.step], size)
    if (json) write({ event: 'plan', key, ref: formatRef(ref), bytes: size, ...planned })
    else if (planned.step === 'conflict') console.log(`in conflict: ${key}, ${planned.reason}`)
  }
  for (const line of collected.lines()) console.log(line)
  if (json) write({ event: 'done', interrupted: false, outcomes })
  else console.log(summaryText({ outcomes, failures: {} }))
  return outcomes[WOULD.conflict] ? EXIT.integrity : 0
}

/** Keeps lines until the run has ended: progress has the terminal for itself until then. */
export function collectForeign() {
  const first: string[] = []
  let all = 0
  return {
    add(key: string, bytes: number, reason: string): void {
      all += 1
      if (first.length < SHOWN) first.push(`foreign: ${printable(key)} (${formatBytes(bytes)}), ${reason}`)
    },
    *lines(): Generator<string> {
      yield* first
      if (all > first.length) yield `${all - first.length} more are foreign; --json tells them all`
    },
  }
}

function write(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
