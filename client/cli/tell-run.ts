import { type ErrorCode, EXIT, exitStatusOf } from '../../core/model/errors.ts'
import { type AdoptEvents, type CheckEvents, createTallies, type RunSummary } from '../../core/run.ts'
import { interruptible } from './interrupt.ts'
import { createProgress, summaryText } from './progress.ts'

/**
 * Works on many blobs with progress and Ctrl-C, and tells what came of it, also when an error ended it. Answers the exit
 * status: an interrupt, else the highest of any failure.
 */
export async function tellRun(
  verb: string,
  json: boolean,
  work: (events: CheckEvents & AdoptEvents, signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const { signal, done } = interruptible()
  const progress = createProgress(json, verb)
  const tallies = createTallies(progress)
  let failed = true
  try {
    await work(tallies, signal)
    failed = false
  } finally {
    progress.end()
    if (json || !failed || isTold(tallies.summary)) tellSummary(tallies.summary, signal.aborted, json)
    done()
  }
  return signal.aborted ? EXIT.interrupted : gravest(tallies.summary)
}

/** An error that came before anything was done says nothing of how much there is to do. */
function isTold({ outcomes, failures }: RunSummary): boolean {
  return Object.keys({ ...outcomes, ...failures }).length > 0
}

function tellSummary(summary: RunSummary, interrupted: boolean, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ event: 'done', interrupted, ...summary })}\n`)
  else console.log(`${interrupted ? 'interrupted; run it again to go on: ' : ''}${summaryText(summary)}`)
}

/**
 * What a run was asked to release and could not, is left. What time alone will bring, as the end of the delay or the
 * replication of what is stored anew, is not.
 */
const LEFT: readonly (keyof RunSummary['outcomes'])[] = [
  'not archived',
  'the volume is packing',
  'replication failed',
  'in no replica',
]

function gravest({ outcomes, failures }: RunSummary): number {
  const left = LEFT.some(outcome => outcomes[outcome]) ? EXIT.left : 0
  return Math.max(left, ...Object.keys(failures).map(code => exitStatusOf(code as ErrorCode)))
}
