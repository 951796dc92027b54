import { type ErrorCode, EXIT, exitStatusOf } from '../../core/model/errors.ts'
import type { RunSummary } from '../../core/run.ts'

/** The gravest of what happened: an interrupt, else the highest status of any failure, else success. */
export function runStatus({ failures }: RunSummary, signal: AbortSignal): number {
  if (signal.aborted) return EXIT.interrupted
  return Math.max(0, ...Object.keys(failures).map(code => exitStatusOf(code as ErrorCode)))
}
