import { COLLECTED, type PlannedBlob } from '../../core/adopt-run.ts'
import type { AdoptStep } from '../../core/model/adopt-plan.ts'
import { count, type Tally } from '../../core/model/archive-policy.ts'
import { EXIT } from '../../core/model/errors.ts'
import { printable } from '../../core/model/printable.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import { formatRef } from '../../core/model/ref.ts'
import type { AdoptEvents } from '../../core/run.ts'
import { summaryText } from './progress.ts'

const IF_ALIVE =
  'garbage by the live reports, which is not adopted again\n' +
  '  hint: if the database keeps one (examples/adopt/missing_blobs.py names it): nice-blobs undelete REF'

/** Of a bucket that is used for something else too, there may be a million. */
const SHOWN = 100

const WOULD: Readonly<Record<AdoptStep, string>> = {
  adopt: 'would be adopted',
  none: 'adopted before',
  collected: COLLECTED,
  conflict: 'in conflict',
}

/** Counts what would be done, and names what would not: conflicts and foreign objects. */
export async function tellAdoptions(
  plan: (foreign: AdoptEvents['foreign']) => AsyncIterable<PlannedBlob>,
  json: boolean,
): Promise<number> {
  const outcomes: Record<string, Tally> = {}
  const foreigners = collectForeign()
  const collected = countCollected()
  const foreign: AdoptEvents['foreign'] = (key, bytes, reason) => {
    count(outcomes, 'foreign', bytes)
    if (json) write({ event: 'foreign', key, bytes, reason })
    else foreigners.add(key, bytes, reason)
  }
  for await (const { key, ref, size, plan: planned } of plan(foreign)) {
    count(outcomes, WOULD[planned.step], size)
    if (planned.step === 'collected') collected.add()
    if (json) write({ event: 'plan', key, ref: formatRef(ref), bytes: size, ...planned })
    else if (planned.step === 'conflict') console.log(`in conflict: ${key}, ${planned.reason}`)
  }
  for (const line of foreigners.lines()) console.log(line)
  if (json) write({ event: 'done', interrupted: false, outcomes })
  else console.log(summaryText({ outcomes, failures: {} }))
  if (!json) collected.tell()
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

/**
 * After any collection there is garbage that a predecessor's bucket keeps, so that it is no failure. Only the database can
 * tell whether one of them lives.
 */
export function countCollected() {
  let blobs = 0
  const add = () => {
    blobs += 1
  }
  return {
    add,
    counting(blob: AdoptEvents['blob']): AdoptEvents['blob'] {
      return (ref, bytes, outcome) => {
        if (outcome === COLLECTED) add()
        blob(ref, bytes, outcome)
      }
    },
    tell(): void {
      if (blobs > 0) process.stderr.write(`${blobs} ${COLLECTED}, and not in the bucket: ${IF_ALIVE}\n`)
    },
  }
}

function write(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
